import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startBusy, startWithClient } from '../support/harness.ts';

const uuidOf = (sessionId: string) => sessionId.slice('claude_'.length);

describe('fork_session', () => {
  test('makes a session of its own that begins with the conversation of the other', async () => {
    const { harness, client, sessionId, run, finish } = await startBusy({
      name: 'first',
      model: 'opus',
      allowedTools: ['Read'],
      labels: { team: 'core' },
      taskId: 'JIRA-1',
    });
    await finish();
    const before = await client.call('get_session', { sessionId });
    const made = await client.call('fork_session', { sessionId, name: 'second', prompt: 'Else?' });
    expect(made.session).toMatchObject({
      name: 'second',
      model: 'opus',
      workingDirectory: harness.settings.defaultDirectory,
      labels: { team: 'core' },
      taskIds: [],
      mcpSessionId: client.caller.mcpSessionId,
      turns: { completed: 0 },
    });
    expect(made.session.id).not.toBe(sessionId);
    const fork = await harness.running(made.session.id);
    expect(fork.spec).toMatchObject({
      uuid: uuidOf(made.session.id),
      forkOf: uuidOf(sessionId),
      options: run.spec.options,
    });
    expect(fork.prompts).toEqual([{ turnId: made.turn?.id, text: 'Else?' }]);
    expect(await client.call('get_session', { sessionId })).toEqual(before);
  });

  test('without a prompt only makes it; with one it lives and ends by itself', async () => {
    const { harness, client } = await startWithClient();
    const parent = await client.call('create_session', { name: 'first' });
    const { session, turn } = await client.call('fork_session', { sessionId: parent.session.id });
    expect(turn).toBeUndefined();
    expect(session).toMatchObject({ status: 'ready', lastSeq: 1 });
    expect(session.name).toBeUndefined();
    expect(harness.runner.specs).toEqual([]);
    await client.call('end_session', { sessionId: parent.session.id });
    await client.call('send_prompt', { sessionId: session.id, prompt: 'go' });
    await harness.running(session.id);
  });

  test('of a session that has ended goes on from where it ended', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    await client.call('end_session', { sessionId });
    const made = await client.call('fork_session', { sessionId, prompt: 'go' });
    const fork = await harness.running(made.session.id);
    expect(fork.spec.forkOf).toBe(uuidOf(sessionId));
  });

  test('counts against the bound of sessions', async () => {
    const { client } = await startWithClient({ settings: { maxSessions: 1 } });
    const sessionId = await client.create();
    expect(await client.refusal('fork_session', { sessionId })).toHaveProperty(
      'code',
      'LIMIT_EXCEEDED',
    );
  });

  test('needs the directory of the other still to be there', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create({ workingDirectory: harness.work });
    rmSync(harness.work, { recursive: true });
    expect(await client.refusal('fork_session', { sessionId })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(harness.work),
    });
    expect((await client.call('list_sessions')).sessions).toHaveLength(1);
  });
});
