/** A session is meant by its name wherever its id is asked for, if only one can be meant. */

import { describe, expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import { ATTACH, CHANGES, READS } from '../service/session-calls.ts';
import { startWithClient } from '../support/harness.ts';

describe.each([...READS, ...CHANGES, ATTACH])('$title', ({ tool, args }) => {
  test('takes the name, and answers with the id', async () => {
    const { harness, client } = await startWithClient();
    const { sessionId } = await harness.busy(client, { name: 'api & more', taskId: 't' });
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'queued' });
    const run = await harness.running(sessionId);
    void run.ask();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const { requests } = await client.call('list_permission_requests');
    const requestId = requests[0]?.requestId ?? '';
    const ids = { sessionId: 'api & more', turnId: turn.id, requestId };
    const reply: Record<string, unknown> = await client.call(tool, args(ids));
    const shown = JSON.stringify(reply);
    if (tool !== 'get_metrics') expect(shown).toMatch(/claude_[0-9a-f-]{36}/);
    if (tool !== 'fork_session') expect(shown).not.toMatch(/[iI]ds?":\[?"api/);
    expect((await client.call('get_session', { sessionId })).session.id).toBe(sessionId);
    const logged = harness.logged.find(
      ({ msg, tool: name }) => msg === 'tool called' && name === tool,
    );
    if (tool !== 'fork_session' && 'session' in reply) expect(logged).toMatchObject({ sessionId });
  });
});

test('every tool that asks for a session is in that list', () => {
  const takes = TOOLS.filter(
    ({ input }) => 'sessionId' in input.shape || 'sessionIds' in input.shape,
  );
  const tested = [...READS, ...CHANGES, ATTACH].map(({ tool }) => tool);
  expect(takes.map(({ name }) => name).filter((name) => !tested.includes(name as never))).toEqual(
    [],
  );
});

test('a name that several sessions have is refused with their ids, and changes nothing', async () => {
  const { client } = await startWithClient();
  const ids: string[] = [];
  for (let made = 0; made < 7; made++) {
    ids.push((await client.call('create_session', { name: 'api' })).session.id);
    if (made !== 1) continue;
    const refusal = await client.refusal('send_prompt', { sessionId: 'api', prompt: 'x' });
    expect(refusal).toMatchObject({
      code: 'INVALID_REQUEST',
      message: `several of your sessions are named api: ${ids.toSorted().join(', ')}`,
      hint: expect.stringContaining('id'),
    });
  }
  const { message } = await client.refusal('wait_sessions', { sessionIds: [ids[0], 'api'] });
  expect(message).toContain('and others');
  expect(ids.filter((id) => message.includes(id))).toHaveLength(5);
  for (const sessionId of ids.slice(1)) await client.call('end_session', { sessionId });
  const { session } = await client.call('get_session', { sessionId: 'api' });
  expect(session).toMatchObject({ id: ids[0], turns: { queued: 0, running: 0 } });
});

test('an ended session has no name to be found by, and another principal has names of its own', async () => {
  const { harness, client } = await startWithClient();
  const bob = await harness.connect({ principal: 'bob' });
  const { session } = await client.call('create_session', { name: 'api' });
  const other = await bob.call('create_session', { name: 'api' });
  expect((await client.call('get_session', { sessionId: 'api' })).session.id).toBe(session.id);
  expect((await bob.call('get_session', { sessionId: 'api' })).session.id).toBe(other.session.id);
  await client.call('end_session', { sessionId: 'api' });
  expect(await client.refusal('get_session', { sessionId: 'api' })).toMatchObject({
    code: 'SESSION_NOT_FOUND',
    message: 'no session api',
  });
});

test('an id is that session, whatever others are named', async () => {
  const { client } = await startWithClient();
  const { session } = await client.call('create_session');
  await client.call('create_session', { name: session.id });
  const found = await client.call('get_session', { sessionId: session.id });
  expect(found.session.id).toBe(session.id);
});

test('a session that is named twice in one wait counts once', async () => {
  const { client } = await startWithClient();
  const { session } = await client.call('create_session', { name: 'api' });
  const sessionIds = ['api', session.id, 'api'];
  const { ready, sessions } = await client.call('wait_sessions', { sessionIds, for: 'all' });
  expect(ready).toEqual([session.id]);
  expect(sessions.map(({ id }) => id)).toEqual([session.id]);
});

test.each(['send_prompt', 'fork_session'] as const)(
  'a repeated %s with a key is answered as before, whoever has the name now',
  async (tool) => {
    const { client } = await startWithClient();
    const first = await client.call('create_session', { name: 'api' });
    const call = { sessionId: 'api', prompt: 'x', idempotencyKey: 'k' };
    const { turn } = await client.call(tool, call);
    await client.call('end_session', { sessionId: first.session.id });
    const again = await client.call(tool, call);
    expect(again.turn?.id).toBe(turn?.id);
    const second = await client.call('create_session', { name: 'api' });
    const moved = await client.call(tool, call);
    expect(moved.turn?.id).toBe(turn?.id);
    const { session } = await client.call('get_session', { sessionId: second.session.id });
    expect(session.lastSeq).toBe(second.session.lastSeq);
  },
);

test('a resource is read by the name of its session, and names the id', async () => {
  const { client } = await startWithClient();
  const { session } = await client.call('create_session', { name: 'the api/1?' });
  const uri = `claude-session://${encodeURIComponent('the api/1?')}`;
  const { contents } = await client.client.readResource({ uri });
  expect(contents[0]).toMatchObject({ uri, text: expect.stringContaining(session.id) });
  await client.client.readResource({ uri: `${uri}/transcript` });
  for (const bad of ['claude-session://%', 'claude-session://%ff', 'claude-session://none']) {
    await expect(client.client.readResource({ uri: bad })).rejects.toThrow('no resource');
  }
});
