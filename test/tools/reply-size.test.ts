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

const KINDS = {
  hex: HEX.toString('hex'),
  Chinese: '我们需要一个能够在多个会话之间共享状态的服务器。'.repeat(100),
};

test.each(Object.entries(KINDS))('list_permission_requests of %s', async (_kind, text) => {
  const { client, sessionId, run } = await startBusy();
  for (let count = 0; count < 12; count += 1) {
    void run.ask({ toolName: `t${count}`, input: { content: text.repeat(10) } });
  }
  const pending = async () => (await client.shown(sessionId)).pendingPermissions;
  await expect.poll(pending, { timeout: 20_000 }).toBe(12);
  const seen: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const args = { cursor, limit: 200 };
    const { tokens, bytes, reply } = await tokensOf(client, 'list_permission_requests', args);
    expect(tokens).toBeLessThan(22_000);
    expect(bytes).toBeLessThan(64 * 1024);
    seen.push(...reply.requests.map(({ toolName }: { toolName: string }) => toolName));
    cursor = reply.nextCursor;
  }
  expect(seen).toEqual(Array.from({ length: 12 }, (_, at) => `t${at}`));
});

test.each(Object.entries(KINDS))('send_prompt that waits for much %s', async (_kind, text) => {
  const { harness, client } = await startWithClient();
  const sessionId = await client.create();
  const args = { sessionId, prompt: 'go', waitMs: 50_000 };
  const sent = tokensOf(client, 'send_prompt', args);
  const run = await harness.running(sessionId);
  run.say(`first ${text}`);
  for (let count = 0; count < 20; count += 1) run.say(text);
  run.finish({ result: text.slice(0, 3000) });
  const { tokens, reply } = await sent;
  expect(tokens).toBeLessThan(20_000);
  expect(reply.text).toMatch(
    /^\[The beginning is cut: read_events with after \d+ and detail "full"/,
  );
  expect(reply.text.endsWith(text.slice(-1000))).toBe(true);
  const [, after] = /after (\d+)/.exec(reply.text) ?? [];
  const read = await client.call('read_events', { sessionId, after: Number(after), limit: 2 });
  expect(JSON.stringify(read.events)).toContain('first ');
});

test('send_prompt does not repeat a long result that is the end of what Claude said', async () => {
  const { harness, client } = await startWithClient();
  const sessionId = await client.create();
  const sent = client.call('send_prompt', { sessionId, prompt: 'go', waitMs: 50_000 });
  const run = await harness.running(sessionId);
  run.say('Before. ');
  run.say(KINDS.hex);
  run.finish({ result: KINDS.hex });
  const { turn, text } = await sent;
  expect(text).toBe(`Before. \n${KINDS.hex}`);
  expect(turn).toMatchObject({ state: 'completed' });
  expect(turn).not.toHaveProperty('result');
});

test('get_session of a session with all the tasks, labels and rules that it may have', async () => {
  const { client } = await startWithClient();
  const long = KINDS.hex.repeat(2);
  const labels = Object.fromEntries(
    Array.from({ length: 32 }, (_, at) => [`k${at}`, long.slice(at, at + 200)]),
  );
  const rules = Array.from({ length: 200 }, (_, at) => `Bash(${long.slice(at, at + 480)})`);
  const sessionId = await client.create({ labels, allowedTools: rules, disallowedTools: rules });
  for (let count = 0; count < 100; count += 1) {
    await client.call('link_task', { sessionId, taskId: `${count} ${long.slice(0, 190)}` });
  }
  const { tokens, reply } = await tokensOf(client, 'get_session', { sessionId });
  expect(tokens).toBeLessThan(20_000);
  const { taskIds, taskIdsOmitted } = reply.session;
  expect(taskIds.at(-1)).toMatch(/^99 /);
  expect(taskIds.length + taskIdsOmitted).toBe(100);
  const { allowedTools, disallowedTools, omitted } = reply.rules;
  expect(allowedTools.length + disallowedTools.length + omitted).toBe(400);
});
