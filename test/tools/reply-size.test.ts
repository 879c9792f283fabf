/** No reply by default is too large for Claude Code, which cuts off at 25,000 tokens. */

import { countTokens } from 'gpt-tokenizer';
import { expect, test } from 'vitest';
import { page } from '../docs/markdown.ts';
import { startBusy, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const LENGTH = 1500;
const HEX = Buffer.from(Array.from({ length: LENGTH }, (_, at) => (at * at * 31 + at) % 251));

async function tokensOf(client: TestClient, tool: string, args: Record<string, unknown>) {
  const text = JSON.stringify((await client.raw(tool, args)).structuredContent);
  return { tokens: countTokens(text), bytes: Buffer.byteLength(text), reply: JSON.parse(text) };
}

test.each([
  ['hex', HEX.toString('hex')],
  ['base64', HEX.toString('base64')],
  ['Chinese', '我们需要一个能够在多个会话之间共享状态的服务器。'.repeat(60)],
  ['Korean', '세션은서버가다시시작된후에도계속됩니다'.repeat(80)],
  ['emoji', '👩‍👩‍👧‍👦🧵🦑'.repeat(100)],
  ['control characters', '\u0001\u001b[0m'.repeat(400)],
])('read_events of %s', async (_kind, text) => {
  const { client, sessionId, run } = await startBusy();
  for (let count = 0; count < 90; count += 1) run.say(text);
  await expect.poll(async () => (await client.shown(sessionId)).lastSeq).toBeGreaterThan(90);
  let after = 0;
  const seqs: number[] = [];
  for (let hasMore = true; hasMore; ) {
    const { tokens, reply } = await tokensOf(client, 'read_events', { sessionId, after });
    expect(tokens).toBeLessThan(20_000);
    seqs.push(...reply.events.map(({ seq }: { seq: number }) => seq));
    ({ nextAfter: after, hasMore } = reply);
  }
  expect(seqs).toEqual(seqs.map((_, at) => at + 1));
});

test('read_events of English prose is as large as 64 KiB allow', async () => {
  const { client, sessionId, run } = await startBusy();
  const prose = page('docs/operating.md')
    .replace(/[^a-zA-Z ,.]/g, ' ')
    .replace(/ +/g, ' ');
  for (let count = 0; count < 90; count += 1) run.say(prose.slice(0, LENGTH));
  await expect.poll(async () => (await client.shown(sessionId)).lastSeq).toBeGreaterThan(90);
  const { tokens, bytes } = await tokensOf(client, 'read_events', { sessionId });
  expect(bytes).toBeGreaterThan(62 * 1024);
  expect(tokens).toBeLessThan(20_000);
});

test('list_sessions and wait_sessions of many sessions with much to show', async () => {
  const { client } = await startWithClient();
  const labels = Object.fromEntries(
    Array.from({ length: 32 }, (_, at) => [
      `k${at}`,
      HEX.toString('hex').slice(at * 20, at * 20 + 150),
    ]),
  );
  const ids: string[] = [];
  for (let count = 0; count < 40; count += 1) ids.push(await client.create({ labels }));
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const { tokens, reply } = await tokensOf(client, 'list_sessions', { limit: 200, cursor });
    expect(tokens).toBeLessThan(20_000);
    listed.push(...reply.sessions.map(({ id }: { id: string }) => id));
    cursor = reply.nextCursor;
  } while (cursor !== undefined);
  expect(listed.toSorted()).toEqual(ids.toSorted());

  const { tokens, reply } = await tokensOf(client, 'wait_sessions', { sessionIds: ids });
  expect(tokens).toBeLessThan(22_000);
  expect(reply.ready).toEqual(ids);
  const shown = reply.sessions.map(({ id }: { id: string }) => id);
  expect([...shown, ...reply.omitted]).toEqual(ids);
});
