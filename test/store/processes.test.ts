import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { createIn, PRINCIPAL, upTo } from './fixtures.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');

let directory: string;
let children: ChildProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'processes-'));
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

function run(program: string, ...args: string[]): Child {
  const child = spawn(process.execPath, [join(PROGRAMS, program), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  return new Child(child);
}

/** A child process with the lines it has said so far. */
class Child {
  readonly lines: string[] = [];
  readonly gone: Promise<unknown>;
  readonly #process: ChildProcess;
  #heard: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#process = child;
    this.gone = once(child, 'close');
    if (child.stdout === null) throw new Error('no standard output');
    createInterface(child.stdout).on('line', (line) => {
      this.lines.push(line);
      this.#heard();
    });
  }

  async said(count: number): Promise<void> {
    while (this.lines.length < count) {
      const heard = new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
      await Promise.race([
        heard,
        this.gone.then(() => Promise.reject(new Error('the child is gone'))),
      ]);
    }
  }

  go(): void {
    this.#process.stdin?.write('go\n');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

test('processes that open a missing database at once all succeed', async () => {
  for (const round of upTo(3)) {
    const state = join(directory, `state${round}`);
    const opening = upTo(6).map(() => run('open-at-once.ts', state));
    await Promise.all(opening.map((child) => child.said(1)));
    for (const child of opening) child.go();
    await Promise.all(opening.map((child) => child.gone));
    const ids = opening.map((child) => child.lines[1]);
    const store = await openSqliteStore({ directory: state });
    const found = await store.sessions({ principal: PRINCIPAL, limit: 9 });
    expect(found.map((session) => session.id).sort()).toEqual(ids.sort());
    await store.close();
  }
}, 180_000);

test('a write of another process wakes a subscriber, who can read it', async () => {
  const store = await openSqliteStore({ directory });
  const id = await createIn(store);
  const heard = new Promise((resolve) => {
    // Another process that opens the database writes, too.
    store.subscribe((news) => news.sessions !== 'any' && resolve(news));
  });
  const writer = run('append-one.ts', directory, id);
  expect(await heard).toEqual({ sessions: new Set([id]), work: false, orders: false });
  await writer.gone;
  expect(await store.events(id, 1, 9)).toMatchObject([{ seq: 2, text: 'from another process' }]);
  await store.close();
});

test('after kill -9 of several writers every acknowledged event is there, and no log has a gap', async () => {
  const eachMin = 400;
  const acknowledged: string[] = [];
  for (const _ of upTo(3)) {
    const writers = upTo(3).map(() => run('write-until-killed.ts', directory));
    await Promise.all(writers.map((writer) => writer.said(eachMin)));
    for (const writer of writers) writer.kill();
    await Promise.all(writers.map((writer) => writer.gone));
    acknowledged.push(...writers.flatMap((writer) => writer.lines));
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(9 * eachMin);

  const logs = await readLogs();
  expect(logs.size).toBe(9);
  const missing = acknowledged.filter((line) => {
    const [id = '', seq, text] = line.split(' ');
    return logs.get(id)?.[Number(seq) - 1] !== text;
  });
  expect(missing).toEqual([]);
  expect(integrity()).toBe('ok');
}, 180_000);

/** The texts of each session's log by seq; checks that the seqs are 1, 2, 3 … up to the record's. */
async function readLogs(): Promise<ReadonlyMap<string, readonly string[]>> {
  const store = await openSqliteStore({ directory });
  const logs = new Map<string, readonly string[]>();
  for (const session of await store.sessions({ principal: PRINCIPAL, limit: 100 })) {
    const events = await store.events(session.id, 0, 1_000_000);
    expect(events.map((event) => event.seq)).toEqual(upTo(session.lastSeq));
    logs.set(
      session.id,
      events.map((event) => (event.type === 'text' ? event.text : '')),
    );
  }
  await store.close();
  return logs;
}

function integrity(): unknown {
  const db = new DatabaseSync(join(directory, DATABASE_FILE), { readOnly: true });
  try {
    return db.prepare('PRAGMA integrity_check').get()?.integrity_check;
  } finally {
    db.close();
  }
}
