import { describe, expect, test } from 'vitest';
import type { RequestView } from '../support/client/tools.ts';
import { startBusy, startHarness, startWithClient } from '../support/harness.ts';

const namesOf = (requests: readonly RequestView[]) => requests.map(({ toolName }) => toolName);

describe('list_permission_requests', () => {
  test('shows what a session asks, whole', async () => {
    const { harness, client } = await startWithClient({
      settings: { permissionTimeoutMs: 60_000 },
    });
    const { sessionId, turnId, run } = await harness.busy(client);
    const input = { command: 'rm -rf build', nested: { deep: [1, null, 'x'] } };
    void run.ask({ toolName: 'Bash', input, description: 'Removes the build' });
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const { requests } = await client.call('list_permission_requests');
    expect(requests).toEqual([
      {
        requestId: expect.any(String),
        sessionId,
        workingDirectory: expect.stringMatching(/^\//),
        turnId,
        toolName: 'Bash',
        input,
        description: 'Removes the build',
        state: 'pending',
        createdAt: expect.any(String),
        expiresAt: expect.any(String),
      },
    ]);
    const { workingDirectory: _known, ...request } = requests[0] as RequestView;
    const waits = Date.parse(request.expiresAt) - Date.parse(request.createdAt);
    expect(waits).toBeGreaterThan(55_000);
    expect(waits).toBeLessThanOrEqual(60_000);
    const { events } = await client.call('read_events', { sessionId });
    expect(events.at(-1)).toMatchObject({ type: 'permission_requested', turnId, request });
  });

  test('lists those of all sessions, oldest first, or of one session, or of this MCP session', async () => {
    const harness = await startHarness();
    const [client, other] = [await harness.connect(), await harness.connect()];
    const [a, b, c] = [
      await harness.busy(client),
      await harness.busy(other),
      await harness.busy(client),
    ];
    for (const [busy, toolName] of [
      [b, 'first'],
      [a, 'second'],
      [c, 'third'],
      [a, 'fourth'],
    ] as const) {
      void busy.run.ask({ toolName });
      const count = toolName === 'fourth' ? 2 : 1;
      await client.call('read_events', {
        sessionId: busy.sessionId,
        after: 2 + count,
        waitMs: 50_000,
      });
    }
    const list = async (args: Record<string, unknown>, from = client) =>
      namesOf((await from.call('list_permission_requests', args)).requests);
    expect(await list({})).toEqual(['first', 'second', 'third', 'fourth']);
    expect(await list({ scope: 'all' }, other)).toEqual(['first', 'second', 'third', 'fourth']);
    expect(await list({ sessionId: a.sessionId })).toEqual(['second', 'fourth']);
    expect(await list({ scope: 'mine' })).toEqual(['second', 'third', 'fourth']);
    expect(await list({ scope: 'mine' }, other)).toEqual(['first']);
    expect(await list({ scope: 'mine', sessionId: a.sessionId }, other)).toEqual([]);
  });

  test('leaves out what has been answered, and what ended with its turn', async () => {
    const { client, sessionId, run } = await startBusy();
    for (const toolName of ['a', 'b', 'c']) void run.ask({ toolName });
    await client.call('read_events', { sessionId, after: 5, waitMs: 50_000 });
    const { requests } = await client.call('list_permission_requests');
    const { requestId } = requests[1] ?? {};
    await client.call('answer_permission_request', { requestId, decision: 'deny' });
    const left = await client.call('list_permission_requests');
    expect(namesOf(left.requests)).toEqual(['a', 'c']);
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId], until: 'turn_end' });
    expect(await client.call('list_permission_requests')).toEqual({ requests: [] });
  });

  test('comes in pages, each request on one, whatever is answered meanwhile', async () => {
    const { client, sessionId, run } = await startBusy();
    for (const toolName of ['a', 'b', 'c', 'd', 'e']) void run.ask({ toolName });
    await expect.poll(async () => (await client.shown(sessionId)).pendingPermissions).toBe(5);
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await client.call('list_permission_requests', { limit: 2, cursor });
      const { requests }: { requests: RequestView[] } = page;
      seen.push(...namesOf(requests));
      cursor = page.nextCursor as string | undefined;
      const { requestId } = requests.at(-1) ?? {};
      await client.call('answer_permission_request', { requestId, decision: 'deny' });
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    await expect(client.call('list_permission_requests', { cursor: 'bm8' })).rejects.toThrow(
      'INVALID_REQUEST: cursor: not a cursor of this list',
    );
  });

  test('cuts a long input and says so; by its id a request is whole, answered or not, with the name of its session', async () => {
    const { harness, client } = await startWithClient();
    const { sessionId, run } = await harness.busy(client, { name: 'Long' });
    const input = { file_path: '/a', content: 'x'.repeat(100_000) };
    void run.ask({ toolName: 'Write', input });
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const { requests } = await client.call('list_permission_requests');
    const [cut] = requests;
    const { requestId } = cut ?? {};
    expect(cut).toMatchObject({ sessionName: 'Long', input: { file_path: '/a' } });
    expect(cut?.input.content).toMatch(/^x{4096}… \[95904 characters cut\]$/);
    expect(cut?.cut).toContain(`requestId "${requestId}"`);
    const whole = await client.call('list_permission_requests', { requestId });
    expect(whole).toEqual({ requests: [{ ...cut, input, cut: undefined }] });
    await client.call('answer_permission_request', { requestId, decision: 'deny' });
    const answered = await client.call('list_permission_requests', { requestId });
    expect(answered.requests).toMatchObject([{ requestId, state: 'denied', input }]);
    await expect(
      client.call('list_permission_requests', { requestId, scope: 'all' }),
    ).rejects.toThrow('give requestId alone');
    await expect(client.call('list_permission_requests', { requestId: 'unknown' })).rejects.toThrow(
      'NOT_FOUND',
    );
  });
});
