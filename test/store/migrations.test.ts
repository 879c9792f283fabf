import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { PRINCIPAL_SCOPE } from '../../src/session/metrics.ts';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { lacksStrace } from '../support/needs.ts';
import { ANY_TURN, creation, keyOf, PRINCIPAL, upTo } from './fixtures.ts';
import { LATER_STEPS, MARKS } from './later-steps.ts';
import { newDirectory, openStore } from './temporary.ts';

const TRACED = { timeout: 180_000, skip: lacksStrace };
const GOLDEN = join(import.meta.dirname, 'golden', 'v1.db');
const IDS = upTo(3).map((n) => `claude_00000000-0000-4000-8000-00000000000${n}`);

let directory: string;
let file: string;

beforeEach(() => {
  directory = newDirectory();
  file = join(directory, DATABASE_FILE);
  copyFileSync(GOLDEN, file);
});

async function run(program: string, command: readonly string[] = [], args: readonly string[] = []) {
  const path = join(import.meta.dirname, 'programs', program);
  const [name = '', ...rest] = [...command, process.execPath, path, ...args];
  const child = spawn(name, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return said;
}

/** The command that kills a program at a write or sync of a file whose name ends so, counted over all of them. */
function killedAt(call: number, file: string, ends: readonly string[]): readonly string[] {
  const kill = `inject=pwrite64,fsync,fdatasync:signal=KILL:when=${call}`;
  return [
    'strace',
    '-f',
    '-o',
    '/dev/null',
    ...ends.flatMap((end) => ['-P', file + end]),
    '-e',
    kill,
  ];
}

function look<T>(read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file);
  try {
    return read(db);
  } finally {
    db.close();
  }
}

const versionOf = (db: DatabaseSync): unknown =>
  db.prepare('PRAGMA user_version').get()?.user_version;

const countOf = (db: DatabaseSync, table: string): unknown =>
  db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows;

/** Which of the two schemas it is, with the steps of this program or without; fails if it is neither as a whole. */
function schemaOf(db: DatabaseSync): 'old' | 'new' {
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(countOf(db, 'sessions')).toBe(3);
  expect(countOf(db, 'events')).toBe(12);
  const columns = db.prepare('PRAGMA table_info(sessions)').all();
  expect(columns.map(({ name }) => name)).not.toContain('title');
  if (versionOf(db) === 1) {
    expect(() => countOf(db, 'titles')).toThrow('no such table');
    return 'old';
  }
  expect(versionOf(db)).toBe(LATER_STEPS.length);
  const titles = db.prepare('SELECT title FROM titles ORDER BY session_id').all();
  expect(titles).toEqual(IDS.map((id) => ({ title: `of ${id}!` })));
  return 'new';
}

test('what the first version wrote is read, and goes on, as it was', async () => {
  expect(statSync(GOLDEN).size).toBeLessThan(200_000);
  const store = await openStore({ directory });
  const [done = '', busy = '', ended = ''] = IDS;
  expect(await store.session(PRINCIPAL, done)).toMatchObject({
    status: 'ready',
    labels: { team: 'blue' },
    taskIds: ['T-1'],
    turns: { completed: 1 },
    usage: { inputTokens: 10, costUsd: 0.5 },
    options: { workingDirectory: '/work' },
  });
  expect((await store.events(done, 0, 100)).map(({ type }) => type)).toEqual([
    'session_created',
    'task_linked',
    'prompt_queued',
    'turn_started',
    'text',
    'turn_ended',
  ]);
  expect(await store.turn(done, 'done')).toMatchObject({ state: 'completed', result: 'all done' });
  const label = { key: 'team', value: 'blue' };
  const query = { principal: PRINCIPAL, limit: 9 };
  for (const filter of [{ label }, { taskId: 'T-1' }, { status: 'ready' as const }]) {
    expect((await store.sessions({ ...query, ...filter })).map(({ id }) => id)).toEqual([done]);
  }
  expect(await store.session(PRINCIPAL, ended)).toMatchObject({ status: 'terminated' });
  const repeated = await store.create('claude_never', creation(), keyOf('made-once'));
  expect(repeated.session.id).toBe(ended);
  expect((await store.sums(PRINCIPAL, PRINCIPAL_SCOPE)).metrics).toMatchObject({
    totalSessions: 3,
    busySessions: 1,
    queuedTurns: 1,
    completedTurns: 1,
    costUsd: 0.5,
  });
  const [lease] = await store.leases();
  expect(lease).toMatchObject({
    turn: { id: 'running', prompted: true },
    process: { marker: 'm' },
  });
  if (lease === undefined) throw new Error('no lease');
  const fence = await store.takeOver(lease.fence, 'me');
  expect(fence).toMatchObject({ sessionId: busy, epoch: lease.fence.epoch + 1 });
  expect(await store.claim('me', ANY_TURN)).toBeUndefined();
});

test('later steps run in order, and once', () => {
  look((db) => {
    let marks = 0;
    db.function('mark', () => ++marks);
    migrate(db, LATER_STEPS);
    migrate(db, LATER_STEPS);
    expect([schemaOf(db), marks]).toEqual(['new', MARKS]);
  });
});

test('a step that fails leaves everything as it was', () => {
  look((db) => {
    db.function('mark', () => 0);
    expect(() => migrate(db, [...LATER_STEPS, 'INSERT INTO nowhere VALUES (1)'])).toThrow(
      'nowhere',
    );
    expect(schemaOf(db)).toBe('old');
  });
});

test('a process killed at any statement of a migration leaves the old schema, and the next one completes it', async () => {
  for (const mark of upTo(MARKS)) {
    expect(await run('migrate-and-die.ts', [], [file, String(mark)])).toBe('');
    expect(look(schemaOf)).toBe('old');
  }
  expect(await run('migrate-and-die.ts', [], [file])).toBe('done\n');
  expect(look(schemaOf)).toBe('new');
}, 180_000);

test(
  'a process killed at any write or sync of a migration leaves the old or the new schema, never between',
  TRACED,
  async () => {
    const found = new Set<string>();
    for (let call = 1; ; call++) {
      rmSync(`${file}-wal`, { force: true });
      copyFileSync(GOLDEN, file);
      const said = await run('migrate-and-die.ts', killedAt(call, file, ['', '-wal']), [file]);
      const schema = look(schemaOf);
      found.add(schema);
      if (said === 'done\n') break;
      expect(await run('migrate-and-die.ts', [], [file])).toBe('done\n');
      expect(look(schemaOf)).toBe('new');
    }
    expect(found).toEqual(new Set(['old', 'new']));
  },
);

test('several processes that migrate at once do it once', async () => {
  const all = await Promise.all(upTo(4).map(() => run('migrate-and-die.ts', [], [file])));
  expect(all).toEqual(upTo(4).map(() => 'done\n'));
  expect(look(schemaOf)).toBe('new');
}, 180_000);

test(
  'a new database whose making is killed at any write is made whole by the next process',
  TRACED,
  async () => {
    for (let call = 1; ; call += call) {
      const made = join(directory, `made-${call}`);
      mkdirSync(made);
      const ends = ['', '-wal', '-journal', '-shm'];
      const strace = killedAt(call, join(made, DATABASE_FILE), ends);
      expect(await run('make-golden.ts', strace, [made])).toBe('');
      const store = await openStore({ directory: made });
      const sessions = await store.sessions({ principal: PRINCIPAL, limit: 9 });
      const { totalSessions } = (await store.sums(PRINCIPAL, PRINCIPAL_SCOPE)).metrics;
      expect(totalSessions).toBe(sessions.length);
      await store.close();
      if (sessions.length === 3) break;
    }
  },
);
