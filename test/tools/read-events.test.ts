import { describe, expect, test } from 'vitest';
import type { EventView } from '../support/client/tools.ts';
import { startBusy, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const typesOf = (events: readonly EventView[]) => events.map(({ type }) => type);
const seqsOf = (events: readonly EventView[]) => events.map(({ seq }) => seq);

const CALL = { toolUseId: 'toolu_1', name: 'Read', input: { path: 'a.txt' } };
const RESULT = { toolUseId: 'toolu_1', isError: false, text: 'content' };
const CACHE = { cacheReadTokens: 3, cacheWriteTokens: 4 };
const USAGE = { inputTokens: 1, outputTokens: 2, costUsd: 0.5, ...CACHE };

describe('read_events', () => {
  test('shows a turn as it went, each event with its seq, time, type and body', async () => {
    const { client, sessionId, turnId, run } = await startBusy();
    run.say('Looking.');
    run.output({ type: 'tool_use', ...CALL });
    run.output({ type: 'tool_result', ...RESULT });
    run.output({ type: 'notice', text: 'retrying' });
    run.finish({ result: 'Done.', usage: USAGE });
    const { events, session } = await readUntil(client, sessionId, 'turn_end');
    const at = expect.stringMatching(/^\d{4}-.*Z$/);
    const turn = { id: turnId, sessionId, origin: 'prompt', queuedAt: at, startedAt: at };
    const ended = { ...turn, state: 'completed', endedAt: at, result: 'Done.', usage: USAGE };
    expect(events).toEqual([
      { seq: 1, at, type: 'session_created', workingDirectory: session.workingDirectory },
      { seq: 2, at, type: 'prompt_queued', turnId, prompt: 'go' },
      { seq: 3, at, type: 'turn_started', turnId, turn: { ...turn, state: 'running' } },
      { seq: 4, at, type: 'text', turnId, text: 'Looking.' },
      { seq: 5, at, type: 'tool_use', turnId, ...CALL },
      { seq: 6, at, type: 'tool_result', turnId, ...RESULT },
      { seq: 7, at, type: 'notice', turnId, text: 'retrying' },
      { seq: 8, at, type: 'turn_ended', turnId, turn: ended },
    ]);
    expect(session).toMatchObject({ status: 'ready', lastSeq: 8, usage: USAGE });
  });

  test('pages with nextAfter, so that every event comes once and in order', async () => {
    const { client, sessionId, run, finish } = await startBusy();
    for (let index = 1; index <= 9; index += 1) run.say(`line ${index}`);
    await finish();
    const read: EventView[] = [];
    let after = 0;
    for (let hasMore = true; hasMore; ) {
      const page = await client.call('read_events', { sessionId, after, limit: 4 });
      expect(page.events.length).toBeLessThanOrEqual(4);
      expect(page.nextAfter).toBe(page.events.at(-1)?.seq);
      read.push(...page.events);
      ({ nextAfter: after, hasMore } = page);
    }
    expect(seqsOf(read)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
    const end = await client.call('read_events', { sessionId, after });
    expect(end).toMatchObject({ events: [], nextAfter: after, hasMore: false });
  });

  test('a cursor goes on across a restart, and for an ended session', async () => {
    const { client, harness, sessionId, run } = await startBusy();
    run.say('before');
    run.finish();
    const before = await readUntil(client, sessionId, 'turn_end');
    await harness.reopen();
    const again = await harness.connect();
    await again.call('end_session', { sessionId });
    const after = await again.call('read_events', { sessionId, after: before.nextAfter });
    expect(typesOf(after.events)).toEqual(['session_tied', 'session_ended']);
    const whole = await again.call('read_events', { sessionId });
    expect(whole.events.slice(0, before.events.length)).toEqual(before.events);
  });

  test('answers a cursor beyond the end with nothing, and keeps it', async () => {
    const { client } = await startWithClient();
    const sessionId = await client.create();
    const read = await client.call('read_events', { sessionId, after: 1000 });
    expect(read).toMatchObject({ events: [], nextAfter: 1000, hasMore: false });
  });
});

describe('read_events waiting', () => {
  test('until event: is woken by the first thing that happens', async () => {
    const { client, sessionId, run } = await startBusy();
    const { nextAfter } = await client.call('read_events', { sessionId });
    const reading = readUntil(client, sessionId, 'event', nextAfter);
    run.say('hello');
    const { events, session } = await reading;
    expect(events).toMatchObject([{ type: 'text', text: 'hello' }]);
    expect(session.status).toBe('busy');
  });

  test('until turn_end: sleeps through text and a permission request', async () => {
    const { client, sessionId, run } = await startBusy();
    const reading = readUntil(client, sessionId, 'turn_end');
    run.say('hello');
    const asked = run.ask();
    await readUntil(client, sessionId, 'attention');
    run.finish();
    const { events } = await reading;
    expect(typesOf(events).slice(3)).toEqual([
      'text',
      'permission_requested',
      'permission_answered',
      'turn_ended',
    ]);
    expect(await asked).toMatchObject({ decision: 'deny' });
  });

  test('until attention: a permission request ends the wait, and so does the end of the turn', async () => {
    const { client, sessionId, run } = await startBusy();
    const asking = readUntil(client, sessionId, 'attention');
    void run.ask({ toolName: 'Bash', input: { command: 'ls' } });
    const asked = await asking;
    expect(asked.events.at(-1)).toMatchObject({
      type: 'permission_requested',
      request: { toolName: 'Bash', state: 'pending' },
    });
    const { requests } = await client.call('list_permission_requests');
    const requestId = requests[0]?.requestId;
    await client.call('answer_permission_request', { requestId, decision: 'allow' });
    const { nextAfter } = await client.call('read_events', { sessionId });
    const ending = readUntil(client, sessionId, 'attention', nextAfter);
    run.finish();
    expect(typesOf((await ending).events)).toEqual(['turn_ended']);
  });

  test('until turn_end: an end that is in the log already counts, one before the cursor does not', async () => {
    const { client, harness, sessionId, run } = await startBusy();
    run.finish();
    const first = await readUntil(client, sessionId, 'turn_end');
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    await harness.running(sessionId, 2);
    expect(await readUntil(client, sessionId, 'turn_end')).toMatchObject({ nextAfter: 6 });
    const waiting = readUntil(client, sessionId, 'turn_end', first.nextAfter);
    run.say('second');
    run.finish();
    expect(typesOf((await waiting).events)).toEqual([
      'prompt_queued',
      'turn_started',
      'text',
      'turn_ended',
    ]);
  });

  test.each([
    ['turn_end', 'is at rest'],
    ['attention', 'is at rest'],
    ['event', 'has ended'],
  ])('until %s: does not wait for a session that %s', async (until, is) => {
    const { client } = await startWithClient();
    const sessionId = await client.create();
    if (is === 'has ended') await client.call('end_session', { sessionId });
    const { lastSeq } = await client.shown(sessionId);
    const read = await readUntil(client, sessionId, until, lastSeq);
    expect(read).toMatchObject({ events: [], nextAfter: lastSeq });
  });

  test('the end of the session ends every wait', async () => {
    const { client, sessionId } = await startBusy();
    const { nextAfter } = await client.call('read_events', { sessionId });
    const waits = ['event', 'turn_end', 'attention'].map((until) =>
      readUntil(client, sessionId, until, nextAfter),
    );
    await client.call('end_session', { sessionId });
    for (const { events } of await Promise.all(waits)) expect(events).not.toEqual([]);
  });

  test('answers with what there is when the time is up', async () => {
    const { client, sessionId } = await startBusy();
    const read = await client.call('read_events', {
      sessionId,
      after: 3,
      waitMs: 20,
      until: 'turn_end',
    });
    expect(read).toMatchObject({ events: [], nextAfter: 3, hasMore: false });
  });

  test('a stop of the server ends a wait as if its time were up', async () => {
    const { harness, client } = await startWithClient({ mayLogErrors: true });
    const { sessionId } = await harness.busy(client);
    const reading = readUntil(client, sessionId, 'turn_end', 3);
    const closing = harness.app.close();
    await expect(reading).resolves.toMatchObject({ session: { id: sessionId } });
    await closing;
  });
});

/** Long enough to fail by the test's own time-out where nothing wakes it. */
function readUntil(client: TestClient, sessionId: string, until: string, after = 0) {
  return client.call('read_events', { sessionId, after, until, waitMs: 50_000 });
}
