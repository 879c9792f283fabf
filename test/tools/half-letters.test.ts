/** Clients cut text in the middle of an emoji: what they send is kept well-formed, and found by what they sent. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import type { ToolName } from '../support/client/tools.ts';
import { startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const HALF = 'a\ud83d';
const KEPT = 'a\ufffd';

/** Everything that a client can read of a session, as strict readers of JSON take it. */
async function expectStrict(client: TestClient, sessionId: string): Promise<string> {
  const calls: readonly (readonly [ToolName, object])[] = [
    ['get_session', { sessionId }],
    ['list_sessions', {}],
    ['read_events', { sessionId, detail: 'full', limit: 500 }],
    ['read_events', { sessionId }],
    ['list_permission_requests', {}],
  ];
  const replies = await Promise.all(calls.map(([tool, args]) => client.call(tool, { ...args })));
  const text = JSON.stringify(replies);
  expect(text).not.toMatch(/\\ud[89a-f]/);
  return text;
}

test('half an emoji is kept as U+FFFD wherever text comes in', async () => {
  const { harness, client } = await startWithClient();
  const { session } = await client.call('create_session', {
    name: HALF,
    taskId: HALF,
    labels: { [HALF]: HALF },
    prompt: HALF,
    appendSystemPrompt: HALF,
    idempotencyKey: HALF,
  });
  expect(session).toMatchObject({ name: KEPT, taskId: KEPT, labels: { [KEPT]: KEPT } });
  const run = await harness.running(session.id);
  expect(run.prompts[0]?.text).toBe(KEPT);
  expect(run.spec.options.appendSystemPrompt).toBe(KEPT);
  const sessionId = session.id;
  await client.call('send_prompt', { sessionId, prompt: HALF, mode: 'steer' });
  expect(run.steered).toEqual([KEPT]);
  run.say(HALF);
  run.output({ type: 'tool_use', toolUseId: HALF, name: HALF, input: { [HALF]: [HALF] } });
  run.output({ type: 'tool_result', toolUseId: HALF, isError: false, text: HALF });
  const reply = run.ask({ toolName: HALF, input: { command: HALF }, description: HALF });
  await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: 50_000 });
  await expectStrict(client, sessionId);
  const { requests } = await client.call('list_permission_requests');
  const requestId = requests[0]?.requestId ?? '';
  const answer = { requestId, decision: 'allow', updatedInput: { command: HALF } };
  await client.call('answer_permission_request', answer);
  expect(await reply).toMatchObject({ decision: 'allow', updatedInput: { command: KEPT } });
  run.finish({ result: HALF });
  await client.call('wait_sessions', {
    sessionIds: [sessionId],
    until: 'turn_end',
    waitMs: 50_000,
  });
  await client.call('end_session', { sessionId, reason: HALF });
  expect(await expectStrict(client, sessionId)).toContain(`"endReason":"${KEPT}"`);
});

test('what was kept is found by what was sent', async () => {
  const { client } = await startWithClient();
  const args = { taskId: HALF, labels: { [HALF]: HALF }, idempotencyKey: HALF };
  const { session } = await client.call('create_session', args);
  expect((await client.call('create_session', args)).session.id).toBe(session.id);
  for (const filter of [{ taskId: HALF }, { taskId: KEPT }, { label: `${HALF}=${HALF}` }]) {
    const { sessions } = await client.call('list_sessions', filter);
    expect(sessions.map(({ id }) => id)).toEqual([session.id]);
  }
  expect(await client.call('get_metrics', { taskId: HALF })).toMatchObject({ totalSessions: 1 });
  const again = await client.call('link_task', { sessionId: session.id, taskId: HALF });
  expect(again.session).toMatchObject({ taskIds: [KEPT], lastSeq: session.lastSeq });
  const none = await client.call('unlink_task', { sessionId: session.id, taskId: HALF });
  expect(none.session.taskIds).toEqual([]);
});

test('JSON text that spells half an emoji out is read as text that has it', async () => {
  const { harness, client } = await startWithClient();
  const { sessionId, run } = await harness.busy(client, { labels: '{"a\\ud83d":"a\\ud83d"}' });
  const { session } = await client.call('get_session', { sessionId });
  expect(session.labels).toEqual({ [KEPT]: KEPT });
  const reply = run.ask();
  await client.call('wait_sessions', { sessionIds: `["${sessionId}"]` });
  const { requests } = await client.call('list_permission_requests');
  await client.call('answer_permission_request', {
    requestId: requests[0]?.requestId,
    decision: 'allow',
    updatedInput: '{"command":["a\\ud83d"]}',
  });
  expect(await reply).toMatchObject({ updatedInput: { command: [KEPT] } });
});

test('half an emoji in a resource address, a prompt and a completion finds what was kept', async () => {
  const { client } = await startWithClient();
  const { session } = await client.call('create_session', { name: HALF, taskId: HALF });
  const sessionId = HALF;
  expect((await client.call('get_session', { sessionId })).session.id).toBe(session.id);
  const uri = `claude-session://${HALF}`;
  const { contents } = await client.client.readResource({ uri });
  expect(JSON.stringify(contents)).toContain(session.id);
  const prompt = await client.client.getPrompt({
    name: 'review_session',
    arguments: { sessionId, focus: HALF },
  });
  expect(JSON.stringify(prompt)).toContain(KEPT);
  const { completion } = await client.client.complete({
    ref: { type: 'ref/prompt', name: 'daily_report' },
    argument: { name: 'taskId', value: HALF },
  });
  expect(completion.values).toEqual([KEPT]);
});

test('what an earlier version kept is shown well-formed', async () => {
  const { harness, client } = await startWithClient();
  const made = await harness.busy(client, { name: 'NAME', taskId: 'NAME', prompt: 'NAME' });
  const { sessionId } = made;
  made.run.say('NAME');
  void made.run.ask({ input: { NAME: 'NAME' } });
  await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: 50_000 });
  const db = new DatabaseSync(join(harness.settings.stateDir, DATABASE_FILE));
  for (const [table, column] of [
    ['sessions', 'record'],
    ['turns', 'record'],
    ['events', 'body'],
    ['permission_requests', 'record'],
  ]) {
    db.exec(`UPDATE ${table} SET ${column} = replace(${column}, 'NAME', 'a\\ud83d')`);
  }
  db.close();
  const text = await expectStrict(client, sessionId);
  expect(text).toContain(KEPT);
  expect(text).not.toContain('NAME');
});

test.each([
  [{ name: 'a\0' }, 'name must not contain U+0000'],
  [{ taskId: '\0' }, 'taskId must not contain U+0000'],
  [{ labels: { 'a\0': 'b' } }, 'must not contain U+0000'],
  [{ labels: { a: 'b\0' } }, 'labels.a must not contain U+0000'],
  [{ idempotencyKey: '\0' }, 'idempotencyKey must not contain U+0000'],
])('U+0000 is refused: %j', async (args, message) => {
  const { client } = await startWithClient();
  expect(await client.refusal('create_session', args)).toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining(message),
  });
  expect((await client.call('list_sessions')).sessions).toEqual([]);
});
