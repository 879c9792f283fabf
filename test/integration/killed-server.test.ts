import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { PDF } from '../support/attached.ts';
import type { Workplace } from '../support/client/place.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { standStill } from '../support/stand-still.ts';
import { exists } from './sessions.ts';

const LAST = 'I went on.';
const PDF_DATA = { data: PDF.toString('base64'), mimeType: 'application/pdf' };

/** A conversation, a turn in it that waits for a permission, and a prompt behind that. */
async function work(client: SdkClient, place: Workplace): Promise<string> {
  const { session } = await client.call('create_session', { workingDirectory: place.directory });
  const sessionId = session.id;
  const first = script([{ text: 'The house is blue.' }]);
  const said = await client.call('send_prompt', { sessionId, prompt: first, waitMs: 30_000 });
  expect(said.turn.state).toBe('completed');
  const asks = script([{ tool: 'Write', input: { file_path: 'blue.txt', content: 'x' } }]);
  const { after } = await client.call('send_prompt', { sessionId, prompt: asks });
  const wait = { until: 'attention', waitMs: 30_000 };
  const asked = await client.call('read_events', { sessionId, after, ...wait });
  expect(asked.session).toMatchObject({ status: 'busy', pendingPermissions: 1 });
  await client.call('send_prompt', { sessionId, prompt: script([{ text: LAST }]) });
  return sessionId;
}

test('after kill -9 the next server goes on: the turn that ran is lost, the one that waited runs in the same conversation', {
  timeout: 180_000,
}, async () => {
  const place = await makeWorkplace();
  const first = await place.startHttp();
  const owner = await connectHttp('v2 legacy', first);
  const sessionId = await work(owner, place);
  const before = await owner.call('get_metrics');
  const { nextAfter } = await owner.call('read_events', { sessionId });
  const asked = place.api.requests.length;
  await first.stop('SIGKILL');

  const second = await place.startHttp();
  const client = await connectHttp('v2 legacy', second);
  const waiting = { sessionId, until: 'turn_end', waitMs: 30_000 };
  const found = await client.call('read_events', { ...waiting, after: nextAfter });
  const [closed, lost, ...rest] = found.events;
  expect(closed).toMatchObject({ type: 'permission_answered', request: { state: 'closed' } });
  expect(lost).toMatchObject({ type: 'turn_ended', turn: { state: 'lost' } });
  const ends = rest.some(({ type }) => type === 'turn_ended')
    ? rest
    : (await client.call('read_events', { ...waiting, after: found.nextAfter })).events;
  expect(ends.at(-1)).toMatchObject({ turn: { state: 'completed', result: LAST } });

  const later = place.api.requests.slice(asked).map(({ body }) => JSON.stringify(body?.messages));
  expect(later).toContainEqual(expect.stringContaining('The house is blue.'));
  expect(await exists(join(place.directory, 'blue.txt'))).toBe(false);
  const { session } = await client.call('get_session', { sessionId });
  expect(session).toMatchObject({
    status: 'ready',
    pendingPermissions: 0,
    turns: { queued: 0, running: 0, completed: 2, failed: 1, lost: 1 },
  });
  const sums = await client.call('get_metrics');
  expect(sums).toMatchObject({ totalSessions: 1, completedTurns: 2, failedTurns: 1 });
  expect(sums.outputTokens).toBeGreaterThan(before.outputTokens ?? 0);
  await client.call('end_session', { sessionId });
  expect(await processesWith(sessionId.replace('claude_', ''))).toEqual([]);
});

test('a prompt and a change that came to another server count when the one that ran the session is killed before it hears of them', {
  timeout: 180_000,
}, async () => {
  const place = await makeWorkplace();
  const first = await place.startHttp();
  const second = await place.startHttp();
  const owner = await connectHttp('v2 legacy', first);
  const other = await connectHttp('v2 legacy', second);
  const pdf = (name: string) => ({ ...PDF_DATA, name });
  const { session } = await owner.call('create_session', {
    workingDirectory: place.directory,
    model: 'sonnet',
    allowedTools: ['Write'],
    prompt: script([{ tool: 'Bash', input: { command: 'touch lost.txt' } }]),
    attachments: pdf('first'),
  });
  const sessionId = session.id;
  const asked = { sessionIds: [sessionId], until: 'attention', waitMs: 30_000 };
  expect((await owner.call('wait_sessions', asked)).ready).toEqual([sessionId]);

  await standStill(first.child.pid ?? 0, place.stateDirectory);
  await other.call('attach_session', { sessionId });
  await other.call('update_session', { sessionId, model: 'opus', permissionMode: 'plan' });
  const write = { tool: 'Write', input: { file_path: 'planned.txt', content: 'x' } };
  const { turn } = await other.call('send_prompt', {
    sessionId,
    prompt: script([write, { text: LAST }]),
    attachments: pdf('second'),
  });
  await first.stop('SIGKILL');

  const rest = { ...asked, until: 'turn_end' };
  expect((await other.call('wait_sessions', rest)).ready).toEqual([sessionId]);
  const { events } = await other.call('read_events', { sessionId, limit: 500 });
  const ends = events.flatMap(({ type, turn }) => (type === 'turn_ended' ? [turn] : []));
  expect(ends).toMatchObject([{ state: 'lost' }, { id: turn.id, result: LAST }]);
  const last = place.api.requests.findLast(({ body }) => body?.tools !== undefined)?.body;
  expect(last?.model).toMatch(/opus/);
  expect(JSON.stringify(last?.messages)).toContain(PDF_DATA.data);
  for (const name of ['lost.txt', 'planned.txt'])
    expect.soft(await exists(join(place.directory, name))).toBe(false);
  const files = () => readdir(join(place.stateDirectory, 'attachments'));
  await expect.poll(files, { timeout: 20_000 }).toEqual([]);
});
