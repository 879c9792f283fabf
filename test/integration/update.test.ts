import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Workplace } from '../support/client/place.ts';
import type { Step } from '../support/messages-api.ts';
import { makeWorkplace } from '../support/program.ts';
import {
  answer,
  connectTo,
  create,
  exists,
  OPTIONS,
  POLL,
  processesOf,
  question,
  rest,
  send,
  turn,
} from './sessions.ts';

const END = { text: 'end' };

function touch(name: string): Step {
  return { tool: 'Bash', input: { command: `touch ${name}` } };
}

function write(place: Workplace, name: string): Step {
  return { tool: 'Write', input: { file_path: join(place.directory, name), content: name } };
}

/** Model and effort of the last request of a session's conversation. */
function lastRequest({ api }: Workplace, sessionId: string): string {
  const uuid = sessionId.replace('claude_', '');
  const { body } = api.requests.findLast(
    (request) => request.headers['x-claude-code-session-id'] === uuid && request.body?.tools,
  ) ?? { body: undefined };
  const { effort } = Object(Reflect.get(Object(body), 'output_config'));
  return `${body?.model} ${effort}`;
}

describe('a session that is changed', OPTIONS, () => {
  test('goes on as changed: in the running turn, after an eviction and a restart, and in a fork', async () => {
    const place = await makeWorkplace();
    const flags = ['--idle-evict-ms', '300'];
    const before = await connectTo(place, ...flags);
    const id = await create(before, place, { model: 'sonnet', effort: 'low', allowedTools: [] });
    await send(before, id, [touch('asked'), write(place, 'first'), END]);
    const asked = await question(before, id);
    expect(lastRequest(place, id)).toMatch(/sonnet.* low$/);
    const changes = { model: 'haiku', effort: 'high', permissionMode: 'acceptEdits' };
    const { session } = await before.call('update_session', { sessionId: id, ...changes });
    expect(session).toMatchObject(changes);
    await answer(before, asked, { decision: 'allow' });
    await rest(before, id);
    expect(lastRequest(place, id)).toMatch(/haiku/);
    await expect.poll(() => processesOf(id), POLL).toEqual([]);
    expect(await turn(before, id, [write(place, 'evicted'), END])).toMatchObject({ result: 'end' });
    expect(lastRequest(place, id)).toMatch(/haiku.* high$/);
    await before.close();
    const after = await connectTo(place, ...flags);
    await turn(after, id, [write(place, 'restarted'), END]);
    expect(lastRequest(place, id)).toMatch(/haiku.* high$/);
    const { session: fork } = await after.call('fork_session', { sessionId: id });
    expect(fork).toMatchObject(changes);
    await turn(after, fork.id, [write(place, 'forked'), END]);
    expect(lastRequest(place, fork.id)).toMatch(/haiku.* high$/);
    for (const name of ['asked', 'first', 'evicted', 'restarted', 'forked'])
      expect.soft(await exists(join(place.directory, name))).toBe(true);
    // A change of the model is no prompt that somebody else put to the conversation.
    const { events } = await after.call('read_events', { sessionId: id, limit: 500 });
    expect(events.filter(({ type }) => type === 'notice')).toEqual([]);
  });

  test('into plan mode by a client of another server writes nothing from the next step on', async () => {
    const place = await makeWorkplace();
    const [here, there] = [await connectTo(place), await connectTo(place)];
    const id = await create(here, place, { allowedTools: ['Write', 'Bash(touch *)'] });
    const ask: Step = { tool: 'Bash', input: { command: 'mkdir asked' } };
    await send(here, id, [ask, write(place, 'written'), touch('touched'), END]);
    const asked = await question(here, id);
    await there.call('attach_session', { sessionId: id });
    await there.call('update_session', { sessionId: id, permissionMode: 'plan' });
    await expect
      .poll(() => there.call('get_session', { sessionId: id }).then((it) => it.session))
      .toMatchObject({ permissionMode: 'plan' });
    await answer(there, asked, { decision: 'allow' });
    await rest(there, id);
    for (const name of ['written', 'touched'])
      expect.soft(await exists(join(place.directory, name))).toBe(false);
    await send(there, id, [{ tool: 'ExitPlanMode', input: { plan: 'x' } }, touch('touched'), END]);
    await answer(there, await question(there, id), { decision: 'allow' });
    await rest(there, id);
    expect(await exists(join(place.directory, 'touched'))).toBe(true);
    const { session } = await there.call('get_session', { sessionId: id });
    expect(session.permissionMode).toBe('default');
  });

  test('to a model that does not exist fails its turn, and works again with another', async () => {
    const place = await makeWorkplace();
    const client = await connectTo(place);
    const id = await create(client, place);
    await client.call('update_session', { sessionId: id, model: 'no-such-model' });
    const missing = { status: 404, type: 'not_found_error', message: 'model: no-such-model' };
    const failed = await turn(client, id, [missing]);
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'INVALID_REQUEST' } });
    expect(failed.error?.hint).toContain('update_session');
    const { session } = await client.call('update_session', { sessionId: id, model: 'haiku' });
    expect(session.status).toBe('ready');
    expect(await turn(client, id, [END])).toMatchObject({ state: 'completed' });
    expect(lastRequest(place, id)).toMatch(/haiku/);
  });

  test('to ask nobody and back works from the next turn on, in both directions', async () => {
    const place = await makeWorkplace();
    const client = await connectTo(place);
    const id = await create(client, place, { permissionMode: 'dontAsk', allowedTools: [] });
    await turn(client, id, [touch('denied'), END]);
    await client.call('update_session', { sessionId: id, permissionMode: 'default' });
    await send(client, id, [touch('allowed'), END]);
    await answer(client, await question(client, id), { decision: 'allow' });
    await rest(client, id);
    await client.call('update_session', { sessionId: id, permissionMode: 'dontAsk' });
    await turn(client, id, [touch('silent'), END]);
    const found = ['denied', 'allowed', 'silent'].map((name) =>
      exists(join(place.directory, name)),
    );
    expect(await Promise.all(found)).toEqual([false, true, false]);
  });
});
