import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { REMEMBERED_PERMISSIONS_MAX } from '../../src/limits.ts';
import type { PermissionAsk } from '../../src/runner/runner.ts';
import type { Memory } from '../../src/session/remembered.ts';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { record } from '../store/fixtures.ts';
import { startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import type { ScriptedRun } from '../support/scripted-runner.ts';

function command(text: string): Memory {
  return { as: `Bash(${text})`, rule: { kind: 'input', tool: 'Bash', digest: text } };
}

/** Claude asks, and is allowed; the request before and after, and what the run was told. */
async function allow(
  client: TestClient,
  run: ScriptedRun,
  ask: Partial<PermissionAsk>,
  answer: Record<string, unknown> = { remember: 'session' },
) {
  const reply = run.ask(ask);
  const list = async () => (await client.call('list_permission_requests')).requests;
  await expect.poll(list).toHaveLength(1);
  const [asked] = await list();
  const args = { requestId: asked?.requestId, decision: 'allow', ...answer };
  const { request } = await client.call('answer_permission_request', args);
  return { asked, request, reply: await reply };
}

describe('an answer for the rest of the session', () => {
  test('is said before and after, and known to every later process of the session, also after a restart, and to no fork', async () => {
    const harness = await startHarness();
    const first = await harness.connect();
    const { sessionId, run } = await harness.busy(first);
    const { asked, request, reply } = await allow(first, run, { memory: command('ls') });
    expect(asked).toMatchObject({ rememberAs: 'Bash(ls)' });
    expect(request).toMatchObject({ state: 'allowed', remembered: 'Bash(ls)' });
    expect(request).not.toHaveProperty('rememberAs');
    expect(reply).toEqual({ decision: 'allow', remembered: command('ls').rule });
    await allow(first, run, { memory: command('rm') }, { remember: 'once' });
    run.finish();
    await harness.reopen();
    const client = await harness.connect();
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    const { spec } = await harness.running(sessionId);
    expect(spec.remembered).toEqual([command('ls').rule]);
    const fork = await client.call('fork_session', { sessionId, prompt: 'go' });
    expect((await harness.running(fork.session.id)).spec.remembered).toEqual([]);
  });

  test('counts once if the request cannot be remembered, and says so', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId, run } = await harness.busy(client);
    const { asked, request, reply } = await allow(client, run, { toolName: 'Write' });
    expect(asked).not.toHaveProperty('rememberAs');
    expect(request).toMatchObject({ state: 'allowed', notRemembered: expect.stringMatching(/./) });
    expect(request).not.toHaveProperty('remembered');
    expect(reply).toEqual({ decision: 'allow' });
    expect(await harness.store.remembered(sessionId)).toEqual([]);
  });

  test('to a changed input is remembered as what it was changed to', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId, run } = await harness.busy(client);
    const ask = { toolName: 'WebFetch', memory: command('x') };
    const updatedInput = { url: 'https://example.com/x' };
    const { request, reply } = await allow(client, run, ask, { remember: 'session', updatedInput });
    const rule = { kind: 'host', tool: 'WebFetch', host: 'example.com' };
    expect(request).toMatchObject({ remembered: 'WebFetch of example.com' });
    expect(reply).toEqual({ decision: 'allow', updatedInput, remembered: rule });
    expect(await harness.store.remembered(sessionId)).toEqual([rule]);
  });

  test.each(['/etc/file', '.git/config', 'link/file'])(
    'to an input that was changed to %s is not remembered, and says so',
    async (path) => {
      const harness = await startHarness();
      await mkdir(join(harness.work, '.git'));
      await symlink('/etc', join(harness.work, 'link'));
      const client = await harness.connect();
      const { sessionId, run } = await harness.busy(client);
      const rule = { kind: 'files', tool: 'Write', within: harness.work } as const;
      const ask = { toolName: 'Write', memory: { as: 'Write files inside', rule } };
      const updatedInput = { file_path: path.startsWith('/') ? path : join(harness.work, path) };
      const answer = { remember: 'session', updatedInput };
      const { request, reply } = await allow(client, run, ask, answer);
      expect(request).toMatchObject({ notRemembered: expect.stringContaining('changed input') });
      expect(request).not.toHaveProperty('remembered');
      expect(reply).toEqual({ decision: 'allow', updatedInput });
      expect(await harness.store.remembered(sessionId)).toEqual([]);
    },
  );

  test('is remembered so often and no more, and says so', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId, run } = await harness.busy(client);
    const asked = { sessionId, turnId: null, toolName: 'Bash', input: {}, createdAt: 1 };
    const said = Array.from({ length: REMEMBERED_PERMISSIONS_MAX }, (_, n) => String(n)).flatMap(
      (text) => {
        const memory = command(text);
        const request = { ...asked, requestId: text, expiresAt: 2, memory };
        const state = 'allowed';
        return [
          { type: 'permission_requested', request: { ...request, state: 'pending' } },
          { type: 'permission_answered', request: { ...request, state, remembered: memory } },
        ] as const;
      },
    );
    await harness.store.append(sessionId, { type: 'record', said });
    const { request, reply } = await allow(client, run, { memory: command('one too many') });
    expect(request).toMatchObject({ notRemembered: expect.stringContaining('1000') });
    expect(reply).toEqual({ decision: 'allow' });
    const kept = await harness.store.remembered(sessionId);
    expect(kept).toHaveLength(REMEMBERED_PERMISSIONS_MAX);
  });

  test('that an earlier version has written counts no wider than it was shown', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId, run } = await harness.busy(client);
    run.finish();
    await harness.close();
    const digest = 'd'.repeat(43);
    const names = ['Write', 'Read', 'WebFetch', `Bash ${digest}`, 'mcp__tracker__create'];
    writeOldNames(harness.settings.stateDir, sessionId, names);
    await harness.reopen();
    const later = await harness.connect();
    await later.call('send_prompt', { sessionId, prompt: 'again' });
    expect((await harness.running(sessionId)).spec.remembered).toEqual([
      { kind: 'input', tool: 'Bash', digest },
      { kind: 'tool', tool: 'mcp__tracker__create' },
    ]);
  });

  test('in a log of an earlier version is shown without its bare name', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId } = await harness.busy(client);
    const old = {
      requestId: 'old',
      sessionId,
      turnId: null,
      toolName: 'Write',
      input: {},
      rememberAs: 'Write',
      createdAt: 1,
      expiresAt: 2,
      answeredAt: 2,
    };
    const grant = { remember: 'session' } as const;
    await harness.store.append(
      sessionId,
      record(
        { type: 'permission_requested', request: { ...old, state: 'pending' } },
        { type: 'permission_answered', request: { ...old, state: 'allowed', grant } },
      ),
    );
    expect(await harness.store.remembered(sessionId)).toEqual([]);
    const { events } = await client.call('read_events', { sessionId, detail: 'full' });
    expect(events.at(-1)).toMatchObject({ request: { state: 'allowed' } });
    expect(JSON.stringify(events)).not.toContain('rememberAs');
  });
});

function writeOldNames(stateDir: string, sessionId: string, names: readonly string[]): void {
  const db = new DatabaseSync(join(stateDir, DATABASE_FILE));
  const insert = db.prepare('INSERT INTO remembered_permissions VALUES (?, ?)');
  for (const name of names) insert.run(sessionId, name);
  db.close();
}
