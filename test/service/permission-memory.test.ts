import { describe, expect, test } from 'vitest';
import { REMEMBERED_PERMISSIONS_MAX } from '../../src/limits.ts';
import { startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import type { ScriptedRun } from '../support/scripted-runner.ts';

/** Claude asks, and is allowed; the request as the answering call shows it. */
async function allow(client: TestClient, run: ScriptedRun, rememberAs: string, remember: string) {
  const reply = run.ask({ rememberAs });
  const list = async () => (await client.call('list_permission_requests')).requests;
  await expect.poll(list).toHaveLength(1);
  const [{ requestId } = {}] = await list();
  const args = { requestId, decision: 'allow', remember };
  const { request } = await client.call('answer_permission_request', args);
  await reply;
  return request;
}

describe('an answer for the rest of the session', () => {
  test('is known to every later process of the session, also after a restart, and to no fork', async () => {
    const harness = await startHarness();
    const first = await harness.connect();
    const { sessionId, run } = await harness.busy(first);
    const shown = await allow(first, run, 'Bash ls', 'session');
    expect(shown).not.toHaveProperty('rememberAs');
    await allow(first, run, 'Bash rm', 'once');
    run.finish();
    await harness.reopen();
    const client = await harness.connect();
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    expect((await harness.running(sessionId)).spec.remembered).toEqual(['Bash ls']);
    const fork = await client.call('fork_session', { sessionId, prompt: 'go' });
    expect((await harness.running(fork.session.id)).spec.remembered).toEqual([]);
  });

  test('is remembered so often and no more', async () => {
    const harness = await startHarness();
    const { sessionId } = await harness.busy(await harness.connect());
    const names = Array.from({ length: REMEMBERED_PERMISSIONS_MAX + 1 }, (_, n) => `Bash ${n}`);
    const asked = {
      sessionId,
      turnId: null,
      toolName: 'Bash',
      input: {},
      createdAt: 1,
      expiresAt: 2,
    };
    const grant = { remember: 'session' } as const;
    await harness.store.append(sessionId, () =>
      names.flatMap((rememberAs) => {
        const request = { ...asked, requestId: rememberAs, rememberAs };
        return [
          { type: 'permission_requested', request: { ...request, state: 'pending' } },
          { type: 'permission_answered', request: { ...request, state: 'allowed', grant } },
        ];
      }),
    );
    const kept = await harness.store.rememberedPermissions(sessionId);
    expect(kept).toHaveLength(REMEMBERED_PERMISSIONS_MAX);
  });
});
