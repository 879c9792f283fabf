import { once } from 'node:events';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { Program } from '../support/client/program.ts';
import { createIn, PRINCIPAL, upTo } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

let directory: string;

beforeEach(() => {
  directory = newDirectory();
});

function run(name: string, ...args: string[]): Program {
  const program = new Program(
    [process.execPath, join(import.meta.dirname, 'programs', name), ...args],
    {},
  );
  onTestFinished(() => void program.child.kill('SIGKILL'));
  return program;
}

/** The lines that it has said so far. */
const linesOf = (program: Program) => program.stdout().split('\n').slice(0, -1);

async function said(program: Program, count: number): Promise<void> {
  const gone = program.ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
  gone.catch(() => {});
  while (linesOf(program).length < count) {
    await Promise.race([once(program.child.stdout, 'data'), gone]);
  }
}

test('processes that open a missing database at once all succeed', async () => {
  for (const round of upTo(3)) {
    const state = join(directory, `state${round}`);
    const opening = upTo(6).map(() => run('open-at-once.ts', state));
    await Promise.all(opening.map((child) => said(child, 1)));
    for (const { child } of opening) child.stdin.write('go\n');
    await Promise.all(opening.map(({ ended }) => ended));
    const ids = opening.map((child) => linesOf(child)[1]);
    const store = await openStore({ directory: state });
    const found = await store.sessions({ principal: PRINCIPAL, limit: 9 });
    expect(found.map((session) => session.id).sort()).toEqual(ids.sort());
  }
}, 180_000);

test('a write of another process wakes a subscriber, who can read it', async () => {
  const store = await openStore({ directory });
  const id = await createIn(store);
  const heard = new Promise((resolve) => {
    // Another process that opens the database writes, too.
    store.subscribe((news) => news.sessions !== 'any' && resolve(news));
  });
  const writer = run('append-one.ts', directory, id);
  expect(await heard).toEqual({ sessions: new Set([id]), work: false, orders: false });
  await writer.ended;
  expect(await store.events(id, 1, 9)).toMatchObject([{ seq: 2, text: 'from another process' }]);
});

test('after kill -9 of several writers every acknowledged event is there, and no log has a gap', async () => {
  const eachMin = 400;
  const acknowledged: string[] = [];
  for (const _ of upTo(3)) {
    const writers = upTo(3).map(() => run('write-until-killed.ts', directory));
    await Promise.all(writers.map((writer) => said(writer, eachMin)));
    for (const { child } of writers) child.kill('SIGKILL');
    await Promise.all(writers.map(({ ended }) => ended));
    acknowledged.push(...writers.flatMap(linesOf));
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(9 * eachMin);

  const logs = await readLogs();
  expect(logs.size).toBe(9);
  const missing = acknowledged.filter((line) => {
    const [id = '', seq, text] = line.split(' ');
    return logs.get(id)?.[Number(seq) - 1] !== text;
  });
  expect(missing).toEqual([]);
  expect(connect(directory).prepare('PRAGMA integrity_check').get()).toEqual({
    integrity_check: 'ok',
  });
}, 180_000);

/** The texts of each session's log by seq; checks that the seqs are 1, 2, 3 … up to the record's. */
async function readLogs(): Promise<ReadonlyMap<string, readonly string[]>> {
  const store = await openStore({ directory });
  const logs = new Map<string, readonly string[]>();
  for (const session of await store.sessions({ principal: PRINCIPAL, limit: 100 })) {
    const events = await store.events(session.id, 0, 1_000_000);
    expect(events.map((event) => event.seq)).toEqual(upTo(session.lastSeq));
    logs.set(
      session.id,
      events.map((event) => (event.type === 'text' ? event.text : '')),
    );
  }
  return logs;
}
