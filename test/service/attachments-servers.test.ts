import { describe, expect, test } from 'vitest';
import { keptBy, PNG, PNG_DATA } from '../support/attached.ts';
import { type Harness, startHarness } from '../support/harness.ts';

/** Two servers on one state directory, and a session that the first one runs and a client of the second one holds. */
async function startServers() {
  const here = await startHarness();
  const { stateDir, roots, defaultDirectory } = here.settings;
  const there = await startHarness({ settings: { stateDir, roots, defaultDirectory } });
  const { sessionId, run } = await here.busy(await here.connect());
  const client = await there.connect();
  await client.call('attach_session', { sessionId });
  const send = async (more = {}) =>
    (await client.call('send_prompt', { sessionId, prompt: 'x', attachments: PNG_DATA, ...more }))
      .turn;
  return { here, there, sessionId, run, client, send };
}

const turnsWithFiles = (harness: Harness) =>
  Object.keys(keptBy(harness)).map((name) => name.split('.')[1]);

describe('attachments that come to another server than the one that runs the session', () => {
  test('reach the process, under what was changed meanwhile, and are removed with the end of their turn', async () => {
    const { here, sessionId, run, client, send } = await startServers();
    const [first, , second] = await Promise.all([
      send(),
      client.call('update_session', { sessionId, disallowedTools: ['WebFetch'] }),
      send(),
    ]);
    run.finish();
    await here.running(sessionId, 2);
    expect(run.prompts[1]?.files).toMatchObject([{ bytes: PNG }]);
    expect(run.updates).toEqual([{ disallowedTools: ['WebFetch'] }]);
    expect(turnsWithFiles(here).sort()).toEqual([first.id, second.id].sort());
    run.finish();
    await here.running(sessionId, 3);
    await expect.poll(() => turnsWithFiles(here)).toEqual([run.turnId]);
    run.finish();
    await expect.poll(() => turnsWithFiles(here)).toEqual([]);
  });

  test('go with a prompt that interrupts', async () => {
    const { here, sessionId, run, send } = await startServers();
    const queued = await send();
    const turn = await send({ mode: 'interrupt' });
    await here.running(sessionId, 2);
    expect(run.prompts[1]).toMatchObject({ turnId: turn.id, files: [{ bytes: PNG }] });
    run.finish();
    await here.running(sessionId, 3);
    expect(run.turnId).toBe(queued.id);
  });

  test('are removed if the turn is interrupted, its prompt cancelled, or the session ended', async () => {
    const { here, there, sessionId, run, client, send } = await startServers();
    const [running, cancelled, waiting] = [await send(), await send(), await send()];
    run.finish();
    await here.running(sessionId, 2);
    expect(turnsWithFiles(there)).toHaveLength(3);
    await client.call('cancel_prompt', { sessionId, turnId: cancelled.id });
    await expect.poll(() => turnsWithFiles(there)).not.toContain(cancelled.id);
    await client.call('interrupt_session', { sessionId });
    await expect.poll(() => turnsWithFiles(there)).not.toContain(running.id);
    expect(turnsWithFiles(there)).toEqual([waiting.id]);
    await client.call('end_session', { sessionId });
    await expect.poll(() => turnsWithFiles(there)).toEqual([]);
  });

  test('are copied once for two calls with one key at two servers', async () => {
    const { here, sessionId, client } = await startServers();
    const other = await here.connect({ mcpSessionId: client.caller.mcpSessionId });
    const args = { sessionId, prompt: 'x', attachments: PNG_DATA, idempotencyKey: 'k' };
    const sent = await Promise.all(
      [client, other, client, other].map((each) => each.call('send_prompt', args)),
    );
    const [id] = sent.map(({ turn }) => turn.id);
    expect(new Set(sent.map(({ turn }) => turn.id)).size).toBe(1);
    await expect.poll(() => turnsWithFiles(here)).toEqual([id]);
  });
});
