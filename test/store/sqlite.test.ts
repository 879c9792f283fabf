import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { type Harness, storeContract } from './contract.ts';
import { ANY_TURN, command, createIn } from './fixtures.ts';

async function open(): Promise<Harness> {
  const parent = mkdtempSync(join(tmpdir(), 'store-'));
  const directory = join(parent, 'state');
  let now = 1_700_000_000_000;
  const uptime = { bootId: 'boot', elapsedMs: () => now };
  const openAgain = (): Promise<Store> => openSqliteStore({ directory, now: () => now, uptime });
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
    close: async () => {
      await store.close();
      rmSync(parent, { recursive: true });
    },
  };
}

storeContract('SqliteStore', open);

test('the sums of a scope that no session is in any more take up no room', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  const store = await openSqliteStore({ directory });
  const id = await createIn(store, { taskId: 'gone', mcpSessionId: 'gone' });
  await command(store, id, { type: 'unlink_task', taskId: 'gone' });
  await command(store, id, { type: 'tie', mcpSessionId: null });
  await store.close();
  const db = new DatabaseSync(join(directory, DATABASE_FILE));
  const scopes = db.prepare('SELECT scope FROM metrics').all();
  db.close();
  rmSync(directory, { recursive: true });
  expect(scopes).toEqual([{ scope: 'principal' }]);
});

test.each(["record = '{}'", "record = json_set(record, '$.turns.running', 1)"])(
  'a session at the head of the queue that cannot run (%s) keeps nobody else from it',
  async (damage) => {
    const directory = mkdtempSync(join(tmpdir(), 'store-'));
    const logged: unknown[] = [];
    const log = { warn: () => {}, error: (line: unknown) => logged.push(line) };
    const store = await openSqliteStore({ directory, log });
    const damaged = await createIn(store, { prompts: ['first'] });
    const sound = await createIn(store, { mcpSessionId: 'm' });
    const db = new DatabaseSync(join(directory, DATABASE_FILE));
    db.prepare(`UPDATE sessions SET ${damage} WHERE id = ?`).run(damaged);
    db.close();
    const heard: string[] = [];
    store.observe({
      committed: ({ changes }) => heard.push(...changes.map(({ session }) => session.id)),
    });
    for (const turnId of ['second', 'third']) {
      const claim = { ...ANY_TURN, owner: 'me' };
      const prompt = { type: 'queue_prompt', turnId, prompt: 'x' } as const;
      const appended = await command(store, sound, prompt, { claim });
      expect(appended.claim).toMatchObject(turnId === 'second' ? { turn: { id: 'second' } } : {});
    }
    await store.close();
    rmSync(directory, { recursive: true });
    expect(new Set(heard)).toEqual(new Set([sound]));
    expect(logged).toMatchObject([{ sessionId: damaged }]);
  },
);
