import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const LONG_MS = 50_000;

/** Sends a prompt and waits for the end of its turn. */
async function outcomeOf(client: TestClient, sessionId: string) {
  const sent = await client.call('send_prompt', { sessionId, prompt: 'go', waitMs: LONG_MS });
  const { session } = await client.call('get_session', { sessionId });
  return { turn: sent.turn, session };
}

/** A session whose first turn is over; its process is warm. */
async function resting(harness: Harness, client: TestClient, args: Record<string, unknown> = {}) {
  const { sessionId, run } = await harness.busy(client, {
    workingDirectory: harness.work,
    ...args,
  });
  run.finish();
  await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: LONG_MS });
  return { sessionId, run };
}

describe('a session that bypasses permissions', () => {
  const permissionMode = 'bypassPermissions';

  async function started(): Promise<{ harness: Harness; sessionId: string }> {
    const harness = await startHarness({ settings: { allowBypassPermissions: true } });
    const { sessionId } = await resting(harness, await harness.connect(), { permissionMode });
    return { harness, sessionId };
  }

  test('runs no turn on a server without the flag, and goes on at one with it', async () => {
    const { harness, sessionId } = await started();
    await harness.reopen({ allowBypassPermissions: false });
    const refused = await outcomeOf(await harness.connect(), sessionId);
    expect(refused.turn).toMatchObject({
      state: 'failed',
      error: {
        code: 'UNAVAILABLE',
        message: expect.stringMatching(new RegExp(`${sessionId}.*bypassPermissions`)),
        hint: expect.stringContaining('--allow-bypass-permissions'),
        retryable: false,
      },
    });
    expect(refused.session).toMatchObject({ status: 'error', error: refused.turn.error });
    expect(harness.runner.specs).toEqual([]);

    await harness.reopen({ allowBypassPermissions: true });
    const allowed = outcomeOf(await harness.connect(), sessionId);
    (await harness.running(sessionId)).finish();
    expect((await allowed).session).toMatchObject({ status: 'ready' });
    expect((await allowed).session.error).toBeUndefined();
  });

  test('runs no turn at another server on the same state directory without the flag', async () => {
    const { harness, sessionId } = await started();
    const { stateDir, roots, defaultDirectory } = harness.settings;
    const other = await startHarness({ settings: { stateDir, roots, defaultDirectory } });
    await harness.close();
    const { turn } = await outcomeOf(await other.connect(), sessionId);
    expect(turn).toMatchObject({
      state: 'failed',
      error: { hint: expect.stringContaining('--allow-bypass-permissions') },
    });
    expect(other.runner.specs).toEqual([]);
  });

  test('is not forked on a server without the flag', async () => {
    const { harness, sessionId } = await started();
    await harness.reopen({ allowBypassPermissions: false });
    const client = await harness.connect();
    expect(await client.refusal('fork_session', { sessionId })).toMatchObject({
      code: 'INVALID_REQUEST',
      hint: expect.stringContaining('--allow-bypass-permissions'),
    });
  });
});

describe('the directory of a session', () => {
  test('that has become a link to outside of the roots runs no turn, also in a new process', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId } = await resting(harness, client);
    await harness.reopen();
    const again = await harness.connect();
    const outside = join(harness.settings.stateDir, '..', 'outside');
    renameSync(harness.work, outside);
    symlinkSync(outside, harness.work);
    const { turn, session } = await outcomeOf(again, sessionId);
    expect(turn).toMatchObject({
      state: 'failed',
      error: {
        code: 'UNAVAILABLE',
        message: expect.stringContaining(harness.work),
        hint: expect.stringContaining('--root'),
      },
    });
    expect(turn.error?.message).not.toContain(outside);
    expect(session.status).toBe('error');
    expect(harness.runner.specs).toEqual([]);
  });

  test('outside the roots of the server that runs it is refused, with the name of the setting', async () => {
    const harness = await startHarness();
    const { sessionId } = await resting(harness, await harness.connect());
    const elsewhere = join(harness.work, '..', 'elsewhere');
    mkdirSync(elsewhere);
    await harness.reopen({ roots: [elsewhere], defaultDirectory: elsewhere });
    const { turn } = await outcomeOf(await harness.connect(), sessionId);
    expect(turn).toMatchObject({
      state: 'failed',
      error: {
        message: expect.stringContaining(harness.work),
        hint: expect.stringContaining('--root'),
      },
    });
    expect(harness.runner.specs).toEqual([]);
  });

  test('that is a link to another place inside the roots is run there, by its real path', async () => {
    const harness = await startHarness();
    const { sessionId } = await resting(harness, await harness.connect());
    await harness.reopen();
    const moved = join(harness.work, '..', 'moved');
    renameSync(harness.work, moved);
    symlinkSync(moved, harness.work);
    await (await harness.connect()).call('send_prompt', { sessionId, prompt: 'go' });
    const run = await harness.running(sessionId);
    expect(run.spec.options.workingDirectory).toBe(moved);
  });

  test.each([
    ['is gone', (path: string) => rmSync(path, { recursive: true }), 'does not exist'],
    [
      'is a file now',
      (path: string) => {
        rmSync(path, { recursive: true });
        writeFileSync(path, '');
      },
      'is not a directory',
    ],
    [
      'cannot be looked at',
      (path: string) => {
        rmSync(path, { recursive: true });
        symlinkSync(path, path);
      },
      'could not be looked at (ELOOP)',
    ],
  ])('that %s says so, and the session goes on when it is back', async (_what, spoil, words) => {
    const harness = await startHarness();
    const { sessionId } = await resting(harness, await harness.connect());
    await harness.reopen();
    const client = await harness.connect();
    spoil(harness.work);
    const { turn } = await outcomeOf(client, sessionId);
    expect(turn.error).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(words),
    });
    rmSync(harness.work, { force: true });
    mkdirSync(harness.work);
    const mended = outcomeOf(client, sessionId);
    (await harness.running(sessionId)).finish();
    expect((await mended).session.status).toBe('ready');
  });
});
