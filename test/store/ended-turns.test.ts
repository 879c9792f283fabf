import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import type { Command } from '../../src/session/command.ts';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { openInspection } from '../../src/store/sqlite/inspection.ts';
import { creation, PRINCIPAL, say } from './fixtures.ts';
import { lives, MADE } from './model.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

let directory: string;

beforeEach(() => {
  directory = newDirectory();
});

/** Takes out of the records what earlier versions did not write. */
const EARLIER = `UPDATE sessions SET record = json_remove(record, '$.countedTo', '$.lastTurn',
  '$.turns.interrupted', '$.turns.lost', '$.turns.cancelled')`;

/** What a server of an earlier version does that loses the turn `t`: it carries the counts along that it finds. */
function loseTurn(db: DatabaseSync, id: string): void {
  const turn = { id: 't', sessionId: id, state: 'lost', origin: 'prompt', queuedAt: 1, endedAt: 9 };
  db.prepare("UPDATE turns SET state = 'lost', record = ? WHERE id = 't'").run(
    JSON.stringify(turn),
  );
  db.prepare(
    `INSERT INTO events SELECT id, last_seq + 1, 9, 'turn_ended', 't', 1, ? FROM sessions WHERE id = ?`,
  ).run(JSON.stringify({ turn }), id);
  db.prepare(
    `UPDATE sessions SET last_seq = last_seq + 1, status = 'ready', record = json_set(record, '$.status', 'ready',
       '$.lastSeq', last_seq + 1, '$.turns.running', 0, '$.turns.failed', 1) WHERE id = ?`,
  ).run(id);
}

test('what the first version wrote says how its last turns ended', async () => {
  copyFileSync(join(import.meta.dirname, 'golden', 'v1.db'), join(directory, DATABASE_FILE));
  const store = await openStore({ directory });
  const sessions = await store.sessions({ principal: PRINCIPAL, limit: 9 });
  const none = { interrupted: 0, lost: 0, cancelled: 0 };
  const shown = Object.fromEntries(sessions.map((session) => [session.id.at(-1), session]));
  expect(shown).toMatchObject({
    1: { turns: { ...none, completed: 1 }, lastTurn: { id: 'done', state: 'completed' } },
    2: { turns: { ...none, running: 1 }, lastTurn: { id: 'running', state: 'running' } },
    3: { turns: none },
  });
  expect(shown[3]).not.toHaveProperty('lastTurn');
});

test('whatever has happened, an earlier record says the same of the turns as a new one', async () => {
  const store = await openStore({ directory });
  const db = connect(directory);
  const ids: string[] = [];
  for (const live of fc.sample(lives, { seed: 1, numRuns: 60 })) {
    const id = `claude_${ids.length}`;
    ids.push(id);
    await store.create(id, creation(MADE));
    for (const command of live(id).commands) await store.append(id, command);
  }
  const start = { type: 'start_turn', turnId: 'p', origin: 'prompt' } as const;
  const requeue = { type: 'requeue_turn', turnId: 'p', text: 'x', crashed: true } as const;
  await store.create('claude_again', creation({ prompts: ['p'] }));
  for (const command of [start, requeue]) await store.append('claude_again', command);
  ids.push('claude_again');
  const read = () => Promise.all(ids.map((id) => store.session(PRINCIPAL, id)));
  const before = await read();
  for (const state of ['failed', 'interrupted', 'lost', 'queued', 'completed']) {
    expect(before.map((session) => session?.lastTurn?.state)).toContain(state);
  }
  db.exec(EARLIER);
  expect(await read()).toEqual(before);
  const open = before.filter((session) => session?.status !== 'terminated');
  for (const session of open) await say(store, session?.id ?? '', 'hello');
  const outcomes = (sessions: typeof before) => sessions.map((it) => [it?.turns, it?.lastTurn]);
  expect(outcomes(await read())).toEqual(outcomes(before));
});

test('a server of an earlier version that goes on writing is not believed about what it cannot count', async () => {
  const store = await openStore({ directory });
  const id = 'claude_1';
  await store.create(id, creation({ prompts: ['s', 't'] }));
  await store.append(id, { type: 'cancel_prompt', turnId: 's' });
  await store.append(id, { type: 'start_turn', turnId: 't', origin: 'prompt' });
  const db = connect(directory);
  loseTurn(db, id);
  const expected = {
    status: 'ready',
    turns: { running: 0, failed: 1, lost: 1, cancelled: 1, interrupted: 0 },
    lastTurn: { id: 't', state: 'lost', endedAt: 9 },
  };
  expect(await store.session(PRINCIPAL, id)).toMatchObject(expected);
  const inspection = await openInspection(directory);
  expect(await inspection?.session(id)).toMatchObject(expected);
  inspection?.close();
  // What is written now counts on from there, and is believed.
  await say(store, id, 'hello');
  db.exec("UPDATE turns SET state = 'completed' WHERE id = 't'");
  expect(await store.session(PRINCIPAL, id)).toMatchObject(expected);
});

test('sessions that need a person are found, whichever version wrote them', async () => {
  const store = await openStore({ directory });
  const made = async (id: string, ...commands: readonly Command[]) => {
    await store.create(id, creation({ prompts: [`turn of ${id}`] }));
    for (const command of commands) await store.append(id, command);
  };
  const turn = (id: string, state: 'failed' | 'lost' | 'completed'): readonly Command[] => [
    { type: 'start_turn', turnId: `turn of ${id}`, origin: 'prompt' },
    { type: 'end_turn', turnId: `turn of ${id}`, outcome: { state } },
  ];
  const request = { requestId: 'r', turnId: null, toolName: 'Bash', input: {}, expiresAt: 1 };
  const error = { code: 'UNAVAILABLE', message: 'x', retryable: true } as const;
  await made('claude_done', ...turn('claude_done', 'completed'));
  await made('claude_failed', ...turn('claude_failed', 'failed'));
  await made('claude_lost', ...turn('claude_lost', 'lost'));
  await made('claude_asks', { type: 'request_permission', request });
  await made('claude_error', { type: 'fail', error });
  await made('claude_over', ...turn('claude_over', 'failed'), { type: 'end', reason: 'over' });
  const found = async () => {
    const query = { principal: PRINCIPAL, needsPerson: true, limit: 9 };
    const { sessions } = await store.search(query);
    return sessions.map(({ id }) => id).sort();
  };
  const expected = ['claude_asks', 'claude_error', 'claude_failed', 'claude_lost'];
  expect(await found()).toEqual(expected);
  connect(directory).exec(EARLIER);
  expect(await found()).toEqual(expected);
});

test('sessions are found by words in their name, directory and tasks', async () => {
  const store = await openStore({ directory });
  const [first] = creation({});
  if (first?.type !== 'session_created') throw new Error('not created');
  const options = { workingDirectory: '/home/me/Shop_100%' };
  await store.create('claude_a', [
    { ...first, name: 'Füße prüfen', options },
    { type: 'task_linked', taskId: 'SHOP-7' },
    { type: 'task_linked', taskId: 'API-1' },
  ]);
  await store.create('claude_b', [{ ...first, name: 'fix the cart', options }]);
  const found = async (...words: readonly string[]) =>
    (await store.search({ principal: PRINCIPAL, words, limit: 9 })).sessions
      .map(({ id }) => id)
      .sort();
  expect(await found()).toEqual(['claude_a', 'claude_b']);
  expect(await found('shop_100%')).toEqual(['claude_a', 'claude_b']);
  expect(await found('füße', 'shop-7')).toEqual(['claude_a']);
  expect(await found('cart', 'shop')).toEqual(['claude_b']);
  expect(await found('cart', 'shop-7')).toEqual([]);
  expect(await found('%cart')).toEqual([]);
});

test('no turn of another session is looked at for it', async () => {
  const store = await openStore({ directory });
  await store.create('claude_1', creation());
  const plan = connect(directory)
    .prepare(
      `EXPLAIN QUERY PLAN SELECT count(*) FROM turns
       WHERE session_id = 'claude_1' AND state IN ('interrupted', 'lost', 'cancelled')`,
    )
    .all();
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('USING COVERING INDEX turns_uncounted (session_id=? AND state=?)'),
  ]);
});
