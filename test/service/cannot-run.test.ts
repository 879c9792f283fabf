import { describe, expect, test } from 'vitest';
import type { Settings } from '../../src/config.ts';
import { startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const LONG_MS = 50_000;

async function start(settings: Partial<Settings> = {}) {
  const harness = await startHarness({ settings });
  return { harness, client: await harness.connect() };
}

async function rest(client: TestClient, ...sessionIds: string[]): Promise<void> {
  await client.call('wait_sessions', { sessionIds, for: 'all', waitMs: LONG_MS });
}

describe('where Claude Code cannot be run', () => {
  test('a session that cannot be run does not hold up the others, and is tried at its next prompt', async () => {
    const { harness, client } = await start({ maxLive: 1 });
    harness.runner.failNextStart();
    const broken = await client.call('create_session', { prompt: 'a' });
    const { run } = await harness.busy(client);
    run.finish();
    const sessionId = broken.session.id;
    await rest(client, sessionId);
    const { session } = await client.call('get_session', { sessionId });
    expect(session).toMatchObject({ status: 'error', turns: { failed: 1 } });
    const sent = client.call('send_prompt', { sessionId, prompt: 'b', waitMs: LONG_MS });
    (await harness.running(sessionId)).finish();
    expect((await sent).turn.state).toBe('completed');
    const mended = await client.call('get_session', { sessionId });
    expect(mended.session).toMatchObject({ status: 'ready', turns: { completed: 1, failed: 1 } });
    expect(mended.session.error).toBeUndefined();
  });

  test('a turn that shows that Claude Code cannot work makes its session an error; the next prompt tries anew', async () => {
    const { harness, client } = await start();
    const { sessionId, run } = await harness.busy(client);
    const error = { code: 'UNAVAILABLE', message: 'not signed in', retryable: false } as const;
    run.finish({ state: 'failed', error });
    await rest(client, sessionId);
    expect(run.isClosed).toBe(true);
    const { session } = await client.call('get_session', { sessionId });
    expect(session).toMatchObject({ status: 'error', error, turns: { failed: 1 } });
    const sent = client.call('send_prompt', { sessionId, prompt: 'b', waitMs: LONG_MS });
    const again = await harness.runner.waitFor((one) => one !== run && one.turnId !== undefined);
    again.finish();
    expect((await sent).turn.state).toBe('completed');
    const mended = await client.call('get_session', { sessionId });
    expect(mended.session).toMatchObject({ status: 'ready', turns: { completed: 1, failed: 1 } });
  });

  test('every prompt behind one that failed for it is tried in its turn', async () => {
    const { harness, client } = await start();
    const release = harness.runner.holdStarts();
    harness.runner.failNextStart();
    const { session } = await client.call('create_session', { prompt: 'a' });
    const sessionId = session.id;
    await client.call('send_prompt', { sessionId, prompt: 'b' });
    release();
    const run = await harness.running(sessionId);
    expect(run.prompts.map(({ text }) => text)).toEqual(['b']);
    run.finish();
    await rest(client, sessionId);
    const shown = await client.call('get_session', { sessionId });
    expect(shown.session).toMatchObject({
      status: 'ready',
      turns: { queued: 0, running: 0, completed: 1, failed: 1 },
    });
  });
});
