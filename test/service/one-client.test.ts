import { describe, expect, test } from 'vitest';
import { type Harness, type HarnessOptions, overriding, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

/** Servers on one state directory. All of them are in this process, so that one client has started them. */
async function startServers(options: HarnessOptions = {}): Promise<[Harness, Harness]> {
  const first = await startHarness(options);
  const { stateDir, roots, defaultDirectory } = first.settings;
  return [first, await startHarness({ settings: { stateDir, roots, defaultDirectory } })];
}

let ids = 0;
const onStdio = (): { principal: string; mcpSessionId: string } => ({
  principal: 'local',
  mcpSessionId: `stdio_${++ids}`,
});

const tieOf = async (client: TestClient, sessionId: string) =>
  (await client.call('get_session', { sessionId })).session.mcpSessionId;

const mine = async (client: TestClient) =>
  (await client.call('list_sessions', { scope: 'mine' })).sessions.map(({ id }) => id);

describe('several stdio servers that one client has started', () => {
  test('count as that client: a prompt through one is for the session of another, whose tie moves', async () => {
    const [here, there] = await startServers();
    const [first, second] = [await here.connect(onStdio()), await there.connect(onStdio())];
    const { sessionId, run } = await here.busy(first);
    await second.call('send_prompt', { sessionId, prompt: 'through the second' });
    expect(await tieOf(first, sessionId)).toBe(second.caller.mcpSessionId);
    expect([await mine(first), await mine(second)]).toEqual([[], [sessionId]]);
    run.finish();
    await here.running(sessionId, 2);
    await first.call('send_prompt', { sessionId, prompt: 'and back' });
    expect(await tieOf(first, sessionId)).toBe(first.caller.mcpSessionId);
  });

  test('answer, interrupt, fork and end through any of them', async () => {
    const [here, there] = await startServers();
    const [first, second] = [await here.connect(onStdio()), await there.connect(onStdio())];
    const { sessionId, run } = await here.busy(first);
    const asked = run.ask({ toolName: 'Bash', input: { command: 'make' } });
    const { session } = await first
      .call('wait_sessions', { sessionIds: [sessionId] })
      .then(({ sessions }) => ({ session: sessions[0] }));
    expect(session?.pendingPermissions).toBe(1);
    const { requests } = await second.call('list_permission_requests', { sessionId });
    const { requestId } = requests[0] ?? {};
    await second.call('answer_permission_request', { requestId, decision: 'allow' });
    expect(await asked).toEqual({ decision: 'allow' });
    // An interrupt leaves the tie where it is.
    const { turn } = await first.call('interrupt_session', { sessionId });
    expect(turn?.state).toBe('interrupted');
    expect(await tieOf(first, sessionId)).toBe(second.caller.mcpSessionId);
    await first.call('fork_session', { sessionId });
    expect((await first.call('end_session', { sessionId })).ended).toBe(true);
  });

  test('one that ends settles only what is tied to it then', async () => {
    const [here, there] = await startServers();
    const [first, second] = [await here.connect(onStdio()), await there.connect(onStdio())];
    const { sessionId, run } = await here.busy(first, { onDisconnect: 'end' });
    const kept = await here.busy(first, { onDisconnect: 'interrupt' });
    const left = await first.call('create_session', { onDisconnect: 'end' });
    for (const id of [sessionId, kept.sessionId]) {
      await second.call('link_task', { sessionId: id, taskId: 'T-1' });
    }
    await first.disconnect();
    const gone = left.session.id;
    await second.call('read_events', { sessionId: gone, after: 1, waitMs: 20_000 });
    expect((await second.call('get_session', { sessionId: gone })).session.status).toBe(
      'terminated',
    );
    expect([run.interrupts, kept.run.interrupts]).toEqual([0, 0]);
    const { sessions } = await second.call('list_sessions', { status: 'busy' });
    expect(sessions.map(({ id }) => id).sort()).toEqual([sessionId, kept.sessionId].sort());
  });

  test('one that ends leaves alone what moves to another meanwhile', async () => {
    let meanwhile = async (): Promise<unknown> => undefined;
    const [here, there] = await startServers({
      store: (store) =>
        overriding(store, {
          sessions: async (query) => {
            const found = await store.sessions(query);
            await meanwhile();
            return found;
          },
        }),
    });
    const [first, second] = [await here.connect(onStdio()), await there.connect(onStdio())];
    const { sessionId, run } = await here.busy(first, { onDisconnect: 'interrupt' });
    const last = await first.call('create_session', { onDisconnect: 'end' });
    meanwhile = () => second.call('link_task', { sessionId, taskId: 'T-1' });
    await first.disconnect();
    await second.call('read_events', { sessionId: last.session.id, after: 1, waitMs: 20_000 });
    expect(run.interrupts).toBe(0);
    expect((await second.call('get_session', { sessionId })).session.status).toBe('busy');
  });

  test('do not count as one if either is not on stdio, or is of another principal', async () => {
    const [here, there] = await startServers();
    const first = await here.connect(onStdio());
    const web = { principal: 'local', mcpSessionId: 'b7d3' };
    const [overHttp, stranger] = [
      await there.connect(web),
      await there.connect({ ...onStdio(), principal: 'alice' }),
    ];
    const { session } = await first.call('create_session');
    const args = { sessionId: session.id, taskId: 'T-1' };
    expect(await overHttp.refusal('link_task', args)).toMatchObject({ code: 'CONFLICT' });
    expect(await stranger.refusal('link_task', args)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await overHttp.call('attach_session', { sessionId: session.id });
    expect(await first.refusal('link_task', args)).toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('attach_session'),
    });
  });
});
