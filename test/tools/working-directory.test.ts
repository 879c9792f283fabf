import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

/** A root with a folder, a file and links in it, and a folder beside it. */
async function start(): Promise<{ harness: Harness; client: TestClient; root: string }> {
  const harness = await startHarness();
  const [root = ''] = harness.settings.roots;
  const outside = join(root, '..', 'outside');
  mkdirSync(join(outside, 'inner'), { recursive: true });
  mkdirSync(`${root}-twin`);
  writeFileSync(join(root, 'file'), '');
  symlinkSync(outside, join(root, 'out'));
  symlinkSync('../outside/inner', join(root, 'out-by-a-relative-way'));
  symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
  symlinkSync(join(root, 'loop'), join(root, 'loop'));
  symlinkSync(harness.work, join(outside, 'back'));
  return { harness, client: await harness.connect(), root };
}

describe('a working directory', () => {
  test.each<[string, (root: string) => string]>([
    ['relative', () => 'work'],
    ['relative to here', () => './work'],
    ["a shell's word for another home", () => '~root'],
    ['the home directory, outside the roots', () => '~'],
    ['below the home directory, outside the roots', () => '~/work'],
    ['of another system', () => 'C:\\work'],
    ['a URL of the web', (root) => `https://localhost${root}/work`],
    ['a URI without slashes', (root) => `file:${root}/work`],
    ['a URI of another machine', (root) => `file://elsewhere${root}/work`],
    ['a URI that is relative', () => 'file://work'],
    ['a URI outside the roots', (root) => `file://${root}/../outside`],
    ['a URI with a fragment', (root) => `file://${root}/work#1`],
    ['a URI with a query', (root) => `file://${root}/work?a`],
    ['a URI with a slash in a name', (root) => `file://${root}%2Fwork`],
    ['a URI with half a percent sign', (root) => `file://${root}/work%`],
    ['a URI that is not of UTF-8', (root) => `file://${root}/work%ff`],
    ['a URI with NUL', (root) => `file://${root}/work%00`],
    ['missing', (root) => `${root}/missing`],
    ['a file', (root) => `${root}/file`],
    ['below a file', (root) => `${root}/file/x`],
    ['outside the roots', (root) => `${root}/../outside`],
    ['the folder above the root', (root) => `${root}/..`],
    ['the root of the system', () => '/'],
    ['beside the root, with a name that begins alike', (root) => `${root}-twin`],
    ['a link that leads outside', (root) => `${root}/out`],
    ['below a link that leads outside', (root) => `${root}/out/inner`],
    ['a relative link that leads outside', (root) => `${root}/out-by-a-relative-way`],
    ['a link to nowhere', (root) => `${root}/dangling`],
    ['a link to itself', (root) => `${root}/loop`],
    ['with NUL', (root) => `${root}/work\0`],
    ['with NUL before what leads outside', (root) => `${root}/work\0/../../outside`],
    ['longer than any path', (root) => `${root}${'/x'.repeat(2100)}`],
  ])('that is %s is refused, and no session is made', async (_what, path) => {
    const { harness, client, root } = await start();
    const args = { workingDirectory: path(root), prompt: 'go' };
    const refusal = await client.refusal('create_session', args);
    expect(refusal.code).toBe('INVALID_REQUEST');
    expect(refusal.message).toContain('workingDirectory');
    expect(refusal.retryable).toBe(false);
    expect(await client.call('list_sessions')).toEqual({ sessions: [] });
    expect(await client.call('get_metrics')).toMatchObject({ totalSessions: 0, queuedTurns: 0 });
    expect(harness.runner.specs).toEqual([]);
  });

  test('is refused alike whether it is missing or only outside, so that nobody can probe', async () => {
    const { client, root } = await start();
    const messages = ['outside', 'nothing-there'].map(async (name) => {
      const args = { workingDirectory: join(root, '..', name) };
      const { message } = await client.refusal('create_session', args);
      return message.replace(name, 'NAME');
    });
    const [outside, missing] = await Promise.all(messages);
    expect(outside).toBe(missing);
  });

  test.each<[string, (root: string) => string]>([
    ['the root itself', (root) => root],
    ['with a slash at its end', (root) => `${root}/work/`],
    ['with dots that stay inside', (root) => `${root}/work/../work`],
    ['reached over a link that leads back inside', (root) => `${root}/../outside/back`],
    ['a URI', (root) => `file://${root}/work`],
    ['a URI of this machine', (root) => `file://localhost${root}/work`],
    ['a URI with encoded letters', (root) => `file://${root}/%77ork/%2e`],
  ])('that is %s is taken, as it really is', async (_what, path) => {
    const { client, root, harness } = await start();
    const { session } = await client.call('create_session', { workingDirectory: path(root) });
    expect([root, harness.work]).toContain(session.workingDirectory);
  });

  test('that begins with ~ is below the home directory of the server', async () => {
    const { client, root, harness } = await start();
    vi.stubEnv('HOME', root);
    onTestFinished(() => void vi.unstubAllEnvs());
    const directoryOf = async (workingDirectory: string) =>
      (await client.call('create_session', { workingDirectory })).session.workingDirectory;
    expect(await directoryOf('~/work')).toBe(harness.work);
    expect(await directoryOf('~')).toBe(root);
    const refusal = await client.refusal('create_session', { workingDirectory: '~/../outside' });
    expect(refusal.code).toBe('INVALID_REQUEST');
  });

  test('that begins with ~ is refused if the server has no home directory', async () => {
    const { client, harness } = await start();
    vi.stubEnv('HOME', '');
    onTestFinished(() => void vi.unstubAllEnvs());
    const refusal = await client.refusal('create_session', {
      workingDirectory: `~${harness.work}`,
    });
    expect(refusal.message).toContain('is not an absolute path');
  });

  test('that is relative is refused with how to write it', async () => {
    const { client } = await start();
    const refusal = await client.refusal('create_session', { workingDirectory: './work' });
    expect(refusal).toMatchObject({
      message: expect.stringContaining('workingDirectory ./work is not an absolute path'),
      hint: expect.stringMatching(/absolute.*~\/.*file:\/\//),
    });
  });

  test.each(['/work\0', '~/work\0', 'file:///work%00'])('with NUL says so: %j', async (path) => {
    const { client } = await start();
    const { message } = await client.refusal('create_session', { workingDirectory: path });
    expect(message).toMatch(/contain U\+0000$|contains U\+0000$/);
  });

  test('that is missing or empty is the one where sessions work by default', async () => {
    const { client, root } = await start();
    for (const args of [{}, { workingDirectory: '' }, { workingDirectory: null }]) {
      const { session } = await client.call('create_session', args);
      expect(session.workingDirectory).toBe(root);
    }
  });

  test('that is missing is asked for, with an example, if there is no obvious one', async () => {
    const harness = await startHarness();
    const roots = [...harness.settings.roots, '/r1', '/r2', '/r3', '/r4', '/r5'];
    await harness.reopen({ roots, defaultDirectory: undefined });
    const client = await harness.connect();
    const [root = ''] = roots;
    expect(await client.refusal('create_session', { prompt: 'go' })).toEqual({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('workingDirectory is missing'),
      hint: expect.stringMatching(new RegExp(`${root}, /r1.* and 1 more.*"${root}/project"`)),
      retryable: false,
    });
    expect((await client.call('list_sessions')).sessions).toEqual([]);
    const { session } = await client.call('create_session', { workingDirectory: root });
    expect(session.workingDirectory).toBe(root);
  });

  test('with a name that begins with dots is inside', async () => {
    const { client, root } = await start();
    const workingDirectory = join(root, '..odd');
    mkdirSync(workingDirectory);
    const { session } = await client.call('create_session', { workingDirectory });
    expect(session.workingDirectory).toBe(workingDirectory);
  });
});
