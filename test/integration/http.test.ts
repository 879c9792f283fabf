import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import type { Workplace } from '../support/client/place.ts';
import { CLIENTS } from '../support/client/sdk-client.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { doMainJob } from './main-job.ts';

const OPTIONS = { timeout: 180_000 };
const ALICE = 'alice-0123456789abcdef';
const BOB = 'bob-0123456789abcdef';

describe('the program over HTTP', OPTIONS, () => {
  test.each(CLIENTS)('does the main job for the %s client', async (kind) => {
    const place = await makeWorkplace();
    const program = await place.startHttp();
    const client = await connectHttp(kind, program);
    const session = await doMainJob(client, place);
    expect(client.mcpSessionId).toMatch(/^[\x21-\x7e]{16,}$/);
    expect(session.mcpSessionId).toBe(client.mcpSessionId);
    await client.close();
    const { code, stdout, stderr } = await program.stop();
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain(join(place.stateDirectory, 'token'));
    expect(stderr).not.toContain(program.token);
    expect(await processesWith(place.scratch)).toEqual([]);
  });

  test('does the main job in the mode dual for a client of the newest revision, which has no session', async () => {
    const place = await makeWorkplace();
    const program = await place.startHttp(['--http-mode', 'dual']);
    const client = await connectHttp('v2 auto', program);
    expect(client.protocolVersion).toBe('2026-07-28');
    expect(client.mcpSessionId).toBeUndefined();
    expect((await doMainJob(client, place)).mcpSessionId).toBeNull();
    const older = await connectHttp('v1', program);
    const create = { workingDirectory: place.directory };
    const { session } = await older.call('create_session', create);
    expect(session.mcpSessionId).toBe(older.mcpSessionId);
    expect(session.mcpSessionId).not.toBeUndefined();
  });

  test('lets nobody in without the right token', async () => {
    const place = await makeWorkplace();
    const { url, token } = await place.startHttp();
    for (const authorization of [undefined, `Bearer ${token}x`, `Basic ${token}`, 'Bearer ']) {
      const headers = {
        'content-type': 'application/json',
        ...(authorization && { authorization }),
      };
      const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    for (const kind of CLIENTS) {
      await expect(connectHttp(kind, { url, token: `${token}x` })).rejects.toThrow(
        /bearer token|401/i,
      );
    }
  });

  test('serves without a token where the operator said so', async () => {
    const place = await makeWorkplace();
    const program = await place.startHttp(['--no-auth']);
    const client = await connectHttp('v2 auto', { url: program.url, token: 'ignored' });
    expect(await client.call('list_sessions')).toEqual({ sessions: [] });
    expect(program.token).toBe('');
  });

  test('knows principals by their tokens, and shows one nothing of another', async () => {
    const place = await makeWorkplace();
    const tokenFile = join(place.scratch, 'tokens');
    await writeFile(tokenFile, `alice:${ALICE}\nbob:${BOB}\n`);
    const { url } = await place.startHttp(['--token-file', tokenFile]);
    const alice = await connectHttp('v2 auto', { url, token: ALICE });
    const bob = await connectHttp('v1', { url, token: BOB });
    const { session } = await alice.call('create_session');
    expect(await alice.call('list_sessions')).toEqual({ sessions: [session] });
    expect(await bob.call('list_sessions')).toEqual({ sessions: [] });
    const refused = await bob.refusal('get_session', { sessionId: session.id });
    expect(refused.code).toBe('SESSION_NOT_FOUND');
  });
});

describe('a new program on the same state directory', OPTIONS, () => {
  test('has all sessions and sums, and goes on with the conversation', async () => {
    const place = await makeWorkplace();
    const first = await place.startHttp();
    const before = await connectHttp('v1', first);
    const { session: made } = await before.call('create_session', {
      workingDirectory: place.directory,
      taskId: 'T-1',
    });
    const sessionId = made.id;
    await before.call('send_prompt', {
      sessionId,
      prompt: 'the word is swordfish',
      waitMs: 20_000,
    });
    const kept = await seen(before, sessionId);
    expect((await first.stop()).code).toBe(0);

    const second = await place.startHttp();
    expect(second.token).toBe(first.token);
    const after = await connectHttp('v1', second);
    expect(await seen(after, sessionId)).toEqual(kept);
    const sent = await after.call('send_prompt', {
      sessionId,
      prompt: 'and now?',
      waitMs: 20_000,
    });
    expect(sent.turn).toMatchObject({ state: 'completed', result: 'ok: and now?' });
    expect(lastConversation(place)).toMatch(/swordfish.*ok: the word is swordfish.*and now\?/s);
    const { session } = await after.call('get_session', { sessionId });
    expect(session.mcpSessionId).toBe(after.mcpSessionId);
    expect(session.mcpSessionId).not.toBe(made.mcpSessionId);
    expect(session).toMatchObject({ taskIds: ['T-1'], turns: { completed: 2, failed: 0 } });
    expect((await after.call('get_metrics')).costUsd).toBeCloseTo(2 * 0.0006, 9);
  });
});

/** What a client sees of a session and of the sums, but for what time alone changes. */
async function seen(
  client: Awaited<ReturnType<typeof connectHttp>>,
  sessionId: string,
): Promise<unknown> {
  const { session } = await client.call('get_session', { sessionId });
  const { events } = await client.call('read_events', { sessionId });
  const sums = [];
  for (const of of [{}, { taskId: 'T-1' }, { sessionId }]) {
    const { uptimeMs, ...counts } = await client.call('get_metrics', of);
    sums.push(counts);
  }
  return { session, events, sums };
}

/** The messages of the newest request to the model. */
function lastConversation({ api }: Workplace): string {
  return JSON.stringify(api.requests.findLast(({ body }) => body !== undefined)?.body?.messages);
}
