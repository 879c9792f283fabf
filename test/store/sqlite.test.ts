import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Harness, storeContract } from './contract.ts';
import { ANY_TURN, createIn } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

async function open(): Promise<Harness> {
  const directory = join(newDirectory(), 'state');
  let now = 1_700_000_000_000;
  const uptime = { bootId: 'boot', elapsedMs: () => now };
  const openAgain = () => openStore({ directory, now: () => now, uptime });
  let store = await openAgain();
  return {
    get store() {
      return store;
    },
    advance: (ms) => {
      now += ms;
    },
    reopen: async () => {
      await store.close();
      store = await openAgain();
      return store;
    },
  };
}

storeContract('SqliteStore', open);

test('the sums of a scope that no session is in any more take up no room', async () => {
  const directory = newDirectory();
  const store = await openStore({ directory });
  const id = await createIn(store, { taskId: 'gone', mcpSessionId: 'gone' });
  await store.append(id, { type: 'unlink_task', taskId: 'gone' });
  await store.append(id, { type: 'tie', mcpSessionId: null });
  const scopes = connect(directory).prepare('SELECT scope FROM metrics').all();
  expect(scopes).toEqual([{ scope: 'principal' }]);
});

test.each([
  "UPDATE sessions SET record = '{' WHERE id = ?",
  "UPDATE sessions SET record = '{}' WHERE id = ?",
  "UPDATE sessions SET record = json_set(record, '$.turns.running', 1) WHERE id = ?",
  // This is found out last, once the start of the turn is written and counted.
  "INSERT INTO processes VALUES (?, 'gone', 0, 9007199254740993, '', '', '')",
])(
  'a session at the head of the queue that cannot run (%s) keeps nobody else from it',
  async (damage) => {
    const directory = newDirectory();
    const logged: unknown[] = [];
    const log = { warn: () => {}, error: (line: unknown) => logged.push(line) };
    const store = await openStore({ directory, log });
    const damaged = await createIn(store, { prompts: ['first'] });
    const sound = await createIn(store, { mcpSessionId: 'm' });
    connect(directory).prepare(damage).run(damaged);
    const heard = new Set<string>();
    store.subscribe(({ sessions }) => {
      if (sessions !== 'any') for (const id of sessions) heard.add(id);
    });
    for (const turnId of ['second', 'third']) {
      const claim = { ...ANY_TURN, owner: 'me' };
      const prompt = { type: 'queue_prompt', turnId, prompt: 'x' } as const;
      const appended = await store.append(sound, prompt, { claim });
      expect(appended.claim).toMatchObject(turnId === 'second' ? { turn: { id: 'second' } } : {});
    }
    expect(await store.claim('me', ANY_TURN)).toBeUndefined();
    expect(heard).toEqual(new Set([sound]));
    expect(logged).toMatchObject([{ sessionId: damaged }]);
    expect(await store.totals()).toMatchObject({ queuedTurns: 2, busySessions: 1 });
  },
);
