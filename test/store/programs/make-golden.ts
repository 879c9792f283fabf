/** Makes a database with something of everything in the directory argv[2], as this version writes it. */

import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { ANY_TURN, claimed, creation, keyOf, say } from '../fixtures.ts';

const [, , directory = ''] = process.argv;
let now = 1_760_000_000_000;
const store = await openSqliteStore({ directory, now: () => now++ });
const usage = {
  inputTokens: 10,
  outputTokens: 20,
  cacheReadTokens: 30,
  cacheWriteTokens: 40,
  costUsd: 0.5,
};

/** Sessions are named by what they are; the ids only look like ids. */
const idOf = (n: number): string => `claude_00000000-0000-4000-8000-00000000000${n}`;

await store.create(
  idOf(1),
  creation({ taskId: 'T-1', labels: { team: 'blue' }, prompts: ['done'] }),
);
const done = await claimed(store, 'gone/1/boot/1/1', ANY_TURN);
await store.note(done.fence, { promptedTurn: 'done' });
await say(store, idOf(1), 'first words', { fence: done.fence });
await store.append(
  idOf(1),
  { type: 'end_turn', turnId: 'done', outcome: { state: 'completed', result: 'all done', usage } },
  { fence: done.fence },
);
await store.release(done.fence);

await store.create(idOf(2), creation({ prompts: ['running', 'waiting'], mcpSessionId: 'stdio_1' }));
const running = await claimed(store, 'gone/1/boot/1/1');
const atWork = { pid: 1, startTime: '1', bootId: 'boot', marker: 'm' };
await store.note(running.fence, { process: atWork });
await store.note(running.fence, { promptedTurn: 'running' });

await store.create(idOf(3), creation(), keyOf('made-once'));
await store.append(idOf(3), { type: 'end', reason: 'enough' });
await store.peers.connect({
  mcpSessionId: 'stdio_1',
  principal: 'alice',
  owner: 'gone/1/boot/1/1',
});
await store.close();
