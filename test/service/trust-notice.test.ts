import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestClient } from '../support/mcp-client.ts';
import { type Setting, start, startedWith, trustAgain } from './trusting.ts';

describe('the log says', () => {
  /** The notices of the session so far. */
  async function noticesOf(client: TestClient, sessionId: string) {
    const { events } = await client.call('read_events', { sessionId, limit: 500 });
    return events.flatMap(({ type, text }) => (type === 'notice' ? [text] : []));
  }

  /** A session that has had a prompt in a directory with these files. */
  async function startIn(files: readonly string[], args = {}, setting: Setting = {}) {
    const { harness, client } = await start(setting);
    mkdirSync(join(harness.work, '.claude', 'skills'), { recursive: true });
    for (const file of files) writeFileSync(join(harness.work, file), '');
    const { sessionId, finish } = await harness.busy(client, {
      workingDirectory: harness.work,
      ...args,
    });
    await finish();
    return { harness, client, sessionId };
  }

  test('once what was not loaded and how to change that, also after restarts', async () => {
    const { harness, client, sessionId } = await startIn(['CLAUDE.md', '.mcp.json']);
    const expected = [
      `CLAUDE.md was read. Settings, hooks, skills and MCP servers of ${harness.work} were not, because it is not trusted: run \`claude\` there once and accept its question, or have the operator start the server with --trust and this directory.`,
    ];
    expect(await noticesOf(client, sessionId)).toEqual(expected);
    const again = await trustAgain(harness, []);
    await startedWith(harness, again, sessionId);
    expect(await noticesOf(again, sessionId)).toEqual(expected);
    const { session } = await again.call('fork_session', { sessionId });
    await startedWith(harness, again, session.id);
    expect(await noticesOf(again, session.id)).toEqual(expected);
  });

  test('nothing if there is nothing that was not loaded', async () => {
    const { harness, client } = await start();
    const { sessionId, finish } = await harness.busy(client, { workingDirectory: harness.work });
    await finish();
    writeFileSync(join(harness.work, 'CLAUDE.md'), '');
    const again = await trustAgain(harness, []);
    await startedWith(harness, again, sessionId);
    expect(await noticesOf(again, sessionId)).toEqual([]);
    const { client: other, ...started } = await startIn(
      [],
      {},
      {
        directories: [{ path: '/', level: 'project' }],
      },
    );
    expect(await noticesOf(other, started.sessionId)).toEqual([]);
  });

  test('it when something has come that is not loaded', async () => {
    const { harness, client } = await start();
    const { sessionId, finish } = await harness.busy(client, { workingDirectory: harness.work });
    await finish();
    writeFileSync(join(harness.work, '.mcp.json'), '');
    const again = await trustAgain(harness, []);
    await startedWith(harness, again, sessionId);
    expect(await noticesOf(again, sessionId)).toEqual([
      expect.stringMatching(/^Settings, .* were not loaded, because it is not trusted: run/),
    ]);
  });

  test('not that a CLAUDE.md was read that leads to another place', async () => {
    const { harness, client } = await start();
    writeFileSync(join(harness.work, '..', 'secret'), '');
    symlinkSync('../secret', join(harness.work, 'CLAUDE.md'));
    writeFileSync(join(harness.work, '.mcp.json'), '');
    const { sessionId, finish } = await harness.busy(client, { workingDirectory: harness.work });
    await finish();
    expect(await noticesOf(client, sessionId)).toEqual([expect.stringMatching(/^Settings, /)]);
  });

  test('that its caller or the operator has chosen the level, if that is so', async () => {
    const chosen = await startIn(['CLAUDE.md'], { settings: 'none' });
    expect(await noticesOf(chosen.client, chosen.sessionId)).toEqual([
      `CLAUDE.md, settings, hooks, skills and MCP servers of ${chosen.harness.work} were not loaded, because the session was created with settings "none". A new session can have "memory".`,
    ]);
    const directories = [{ path: '/', level: 'none' }] as const;
    const set = await startIn(['CLAUDE.md'], {}, { directories });
    expect(await noticesOf(set.client, set.sessionId)).toEqual([
      expect.stringMatching(/^CLAUDE.md, .* it is not trusted: the operator has set .* --trust\.$/),
    ]);
  });

  test('each change of the level', async () => {
    const { harness, client } = await start();
    harness.runner.trusted = [harness.work];
    const { sessionId, finish } = await harness.busy(client, { workingDirectory: harness.work });
    await finish();
    for (const trusted of [[], [], [harness.work], [harness.work]]) {
      await startedWith(harness, await trustAgain(harness, trusted), sessionId);
    }
    const last = await harness.connect({ principal: 'local' });
    expect(await noticesOf(last, sessionId)).toEqual([
      expect.stringMatching(
        /settings "memory" from now on, not "user", .* than before: run `claude`/,
      ),
      expect.stringMatching(/settings "user" again, because .* is trusted again\.$/),
    ]);
  });
});
