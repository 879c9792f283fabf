/** The main job (README): a session is made, works in a folder, is linked, measured and ended. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { EventView } from '../../src/views/events.ts';
import { processesWith } from '../demo/processes.ts';
import type { Workplace } from '../support/client/place.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import type { SessionView } from '../support/client/tools.ts';
import { script } from '../support/messages-api.ts';

const WAIT_MS = 20_000;

/** The sum of the stand-in's three answers, of 100 input and 10 output tokens each. */
const SPENT = { inputTokens: 300, outputTokens: 30, cacheReadTokens: 0, cacheWriteTokens: 0 };
const SPENT_USD = expect.closeTo(3 * 0.0006, 9);

/** Does all of it through one client, and checks each step. Returns the ended session. */
export async function doMainJob(client: SdkClient, place: Workplace): Promise<SessionView> {
  await client.toolNames();
  const session = await create(client, place);
  await work(client, place, session);
  const { session: worked } = await client.call('get_session', { sessionId: session.id });
  expect(worked).toMatchObject({
    status: 'ready',
    turns: { queued: 0, running: 0, completed: 1, failed: 0 },
    usage: { ...SPENT, costUsd: SPENT_USD },
  });
  await link(client, session);
  await measure(client, session);
  return await end(client, session);
}

async function create(client: SdkClient, place: Workplace): Promise<SessionView> {
  const { session, turn } = await client.call('create_session', {
    workingDirectory: place.directory,
    name: 'main job',
    permissionMode: 'acceptEdits',
    allowedTools: ['Read', 'Write'],
  });
  expect(turn).toBeUndefined();
  expect(session).toMatchObject({
    status: 'ready',
    workingDirectory: place.directory,
    name: 'main job',
    taskId: null,
  });
  expect(session.id).toMatch(/^claude_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
  return session;
}

async function work(client: SdkClient, place: Workplace, { id }: SessionView): Promise<void> {
  await writeFile(join(place.directory, 'question.txt'), 'six times seven?\n');
  const answer = join(place.directory, 'answer.txt');
  const prompt = script([
    { text: 'I read.', tool: 'Read', input: { file_path: join(place.directory, 'question.txt') } },
    { tool: 'Write', input: { file_path: answer, content: 'forty-two\n' } },
    { text: 'The answer is written down.', chunks: 4 },
  ]);
  const sent = await client.call('send_prompt', { sessionId: id, prompt });
  expect(sent.turn).toMatchObject({ sessionId: id, state: 'running', origin: 'prompt' });
  const events = await readToTurnEnd(client, id, sent.turn.id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ type, turnId }) => [type, turnId])).toEqual([
    ['session_created', undefined],
    ...[
      'prompt_queued',
      'turn_started',
      'text',
      'tool_use',
      'tool_result',
      'tool_use',
      'tool_result',
      'text',
      'turn_ended',
    ].map((type) => [type, sent.turn.id]),
  ]);
  expect(events[5]).toMatchObject({
    isError: false,
    text: expect.stringContaining('six times seven?'),
  });
  expect(events.at(-1)).toMatchObject({
    turn: { state: 'completed', result: 'The answer is written down.' },
  });
  expect(await readFile(answer, 'utf8')).toBe('forty-two\n');
}

/** The whole log up to the end of the turn, by the cursor, a few events at a time. */
async function readToTurnEnd(
  client: SdkClient,
  sessionId: string,
  turnId: string,
): Promise<EventView[]> {
  const events: EventView[] = [];
  for (let after = 0; ; ) {
    const args = { sessionId, after, limit: 3, waitMs: WAIT_MS, until: 'event' };
    const read = await client.call('read_events', args);
    expect(read.events, 'nothing happened for a long time').not.toEqual([]);
    events.push(...read.events);
    after = read.nextAfter;
    const last = read.events.at(-1);
    if (last?.type === 'turn_ended' && last.turnId === turnId) return events;
  }
}

async function link(client: SdkClient, { id }: SessionView): Promise<void> {
  const { session } = await client.call('link_task', { sessionId: id, taskId: 'JOB-1' });
  expect(session).toMatchObject({ taskId: 'JOB-1', taskIds: ['JOB-1'] });
}

async function measure(client: SdkClient, { id }: SessionView): Promise<void> {
  const expected = {
    totalSessions: 1,
    activeSessions: 1,
    errorSessions: 0,
    busySessions: 0,
    queuedTurns: 0,
    completedTurns: 1,
    failedTurns: 0,
    ...SPENT,
    costUsd: SPENT_USD,
  };
  for (const of of [{}, { taskId: 'JOB-1' }, { sessionId: id }, { scope: 'all' }]) {
    expect(await client.call('get_metrics', of)).toMatchObject(expected);
  }
}

async function end(client: SdkClient, { id }: SessionView): Promise<SessionView> {
  const uuid = id.replace('claude_', '');
  expect(await processesWith(uuid), 'its process is kept warm').not.toEqual([]);
  const { session, ended } = await client.call('end_session', { sessionId: id, reason: 'done' });
  expect(await processesWith(uuid), 'no process is left').toEqual([]);
  expect(ended).toBe(true);
  expect(session).toMatchObject({ status: 'terminated', endReason: 'done', taskId: 'JOB-1' });
  expect((await client.call('end_session', { sessionId: id })).ended).toBe(false);
  return session;
}
