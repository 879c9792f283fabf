import { expect, test } from 'vitest';
import { NO_USAGE } from '../../src/session/usage.ts';
import { startBusy, startWithClient } from '../support/harness.ts';

const LONG_MS = 20_000;
const TRACE = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const META = { traceparent: `00-${TRACE.traceId}-${TRACE.spanId}-01`, tracestate: 'rojo=1' };
const UNKNOWN_ID = 'claude_00000000-0000-4000-8000-000000000000';
const SECRET = 'the password is swordfish';

test('one id follows a prompt through the log, from the call to the result, and the caller’s trace with it', async () => {
  const { harness, client } = await startWithClient();
  const { session } = await client.call('create_session');
  const sent = await client.raw(
    'send_prompt',
    { sessionId: session.id, prompt: SECRET },
    { meta: META },
  );
  const run = await harness.running(session.id);
  run.finish({ result: SECRET, usage: { ...NO_USAGE, inputTokens: 7, costUsd: 0.5 } });
  const turnId = Reflect.get(sent.structuredContent ?? {}, 'turn').id;
  const lines = () => harness.logged.filter((line) => line.turnId === turnId);
  await expect.poll(() => lines().map((line) => line.msg)).toContain('turn ended');
  expect(lines().map(({ msg, level }) => [msg, level])).toEqual(
    [
      ['prompt queued', 30],
      ['tool called', 30],
      ['turn started', 30],
      ['prompt sent to Claude Code', 20],
      ['turn ended', 30],
    ].sort(inOrderOf(lines().map((line) => line.msg))),
  );
  for (const line of lines()) expect(line).toMatchObject({ sessionId: session.id, ...TRACE });
  const called = lines().find((line) => line.msg === 'tool called');
  expect(called).toMatchObject({ ...client.caller, tool: 'send_prompt', outcome: 'ok' });
  expect(called).toMatchObject({ traceState: 'rojo=1' });
  expect(lines().at(-1)).toMatchObject({ state: 'completed', inputTokens: 7, costUsd: 0.5 });
  expect(JSON.stringify(harness.logged)).not.toContain('swordfish');
});

/** The answer of the call and the start of the turn may overtake each other. */
function inOrderOf(texts: readonly string[]) {
  return ([a]: (string | number)[], [b]: (string | number)[]) =>
    texts.indexOf(String(a)) - texts.indexOf(String(b));
}

test('the trace of a prompt that waits is still known after a restart, and is no part of any answer', async () => {
  const { harness, client } = await startWithClient({ settings: { maxLive: 1 } });
  const first = await harness.busy(client);
  const prompt = { prompt: 'later' };
  const made = await client.raw('create_session', prompt, { meta: META });
  const { session, turn } = made.structuredContent as {
    session: { id: string };
    turn: { id: string };
  };
  await harness.reopen();
  const again = await harness.connect();
  await again.call('end_session', { sessionId: first.sessionId });
  const run = await harness.running(session.id);
  run.finish();
  const ended = () => harness.logged.find((line) => isEnd(line) && line.turnId === turn.id);
  await expect.poll(ended).toMatchObject(TRACE);
  const read = await again.raw('read_events', { sessionId: session.id, detail: 'full' });
  expect(JSON.stringify([made, read])).not.toContain(TRACE.traceId);
});

const isEnd = (line: { readonly msg: string }): boolean => line.msg === 'turn ended';

test('a permission’s lines name the prompt it belongs to, and never what was asked', async () => {
  const { harness, client, turnId, run } = await startBusy();
  void run.ask({ toolName: 'Bash', input: { command: SECRET } });
  const requests = () => client.call('list_permission_requests').then((all) => all.requests);
  await expect.poll(requests).toHaveLength(1);
  const [{ requestId } = { requestId: '' }] = await requests();
  harness.pass(1500);
  await client.call('answer_permission_request', { requestId, decision: 'deny', message: SECRET });
  const about = harness.logged.filter((line) => line.requestId === requestId);
  expect(about.map(({ msg }) => msg)).toEqual(['permission asked', 'permission settled']);
  expect(about.every((line) => line.turnId === turnId)).toBe(true);
  expect(about[1]).toMatchObject({ state: 'denied' });
  expect(about[1]?.waitMs).toBeGreaterThanOrEqual(1500);
  expect(JSON.stringify(harness.logged)).not.toContain('swordfish');
});

test('a turn that cannot be started says so under its id', async () => {
  const { harness, client } = await startWithClient();
  harness.runner.failNextStart();
  const { session } = await client.call('create_session');
  const args = { sessionId: session.id, prompt: 'go', waitMs: LONG_MS };
  const { turn } = await client.call('send_prompt', args);
  const warned = harness.logged.find((line) => line.msg === 'failed to start a turn');
  expect(warned).toMatchObject({ sessionId: session.id, turnId: turn.id });
});

test('calls that only look are logged at debug, and refused ones with their code', async () => {
  const { harness, client } = await startWithClient();
  await client.call('list_sessions');
  await client.refusal('end_session', { sessionId: UNKNOWN_ID });
  await client.refusal('end_session', { sessionId: 'claude_none' });
  await client.refusal('end_session', { sessionId: `${SECRET} ${'x'.repeat(100)}` });
  const calls = harness.logged.filter((line) => line.msg === 'tool called');
  expect(
    calls.map(({ level, tool, outcome, sessionId }) => [level, tool, outcome, sessionId]),
  ).toEqual([
    [20, 'list_sessions', 'ok', undefined],
    [30, 'end_session', 'SESSION_NOT_FOUND', UNKNOWN_ID],
    [30, 'end_session', 'SESSION_NOT_FOUND', undefined],
    [30, 'end_session', 'SESSION_NOT_FOUND', undefined],
  ]);
});

test('a change of a session is logged by what was changed, not by the values', async () => {
  const { harness, client, sessionId, run } = await startBusy();
  await client.call('update_session', { sessionId, name: SECRET, permissionMode: 'plan' });
  await client.call('update_session', { sessionId, permissionMode: 'acceptEdits' });
  run.mode('plan');
  const lines = () =>
    harness.logged.filter(({ msg }) => /^(session changed|permission mode reached)$/.test(msg));
  await expect.poll(() => lines().length).toBe(3);
  expect(lines().map(({ msg, changed, permissionMode }) => [msg, changed, permissionMode])).toEqual(
    [
      ['session changed', ['name', 'permissionMode'], 'plan'],
      ['session changed', ['permissionMode'], 'acceptEdits'],
      ['permission mode reached', undefined, 'plan'],
    ],
  );
  for (const line of lines()) expect(line.sessionId).toBe(sessionId);
  expect(JSON.stringify(harness.logged)).not.toContain('swordfish');
});
