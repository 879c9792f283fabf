import { mkdir, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestSession, World } from './claude-world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

let world: World;
let projects: string;
beforeEach(async () => {
  world = await World.open();
  projects = join(world.environment.CLAUDE_CONFIG_DIR ?? '', 'projects');
});
afterEach(() => world.close());

/** A session whose first turn is over and whose process is gone. */
async function said(text: string): Promise<TestSession> {
  const session = await world.start();
  await session.turn([{ text }]);
  await session.run.close();
  return session;
}

async function transcriptOf({ uuid }: TestSession): Promise<string> {
  for (const folder of await readdir(projects)) {
    const path = join(projects, folder, `${uuid}.jsonl`);
    if ((await stat(path).catch(() => undefined)) !== undefined) return path;
  }
  throw new Error(`no transcript of ${uuid}`);
}

function lastBody(): string {
  return JSON.stringify(world.api.requests.at(-1)?.body);
}

const answered = { past: 'answered' } as const;

describe('a conversation that Claude has answered in', () => {
  test.each<[string, (path: string) => Promise<unknown>, string, boolean]>([
    ['is gone', (path) => rm(path), 'session claude_UUID is gone or empty', false],
    ['is empty', (path) => truncate(path, 0), 'session claude_UUID is gone or empty', false],
    ['is damaged', (path) => writeFile(path, '\0\0\0\n'), 'is damaged', false],
    [
      'cannot be looked for',
      () => rename(projects, `${projects}-moved`).then(() => writeFile(projects, '')),
      'could not be looked at (ENOTDIR)',
      true,
    ],
  ])('is not begun anew if its transcript %s', async (_what, spoil, words, retryable) => {
    const session = await said('before');
    await spoil(await transcriptOf(session));
    await expect(world.start({ uuid: session.uuid, ...answered })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(words.replace('UUID', session.uuid)),
      hint: expect.stringContaining(retryable ? 'again' : 'create_session'),
      retryable,
    });
  });

  test('goes on if the place of the configuration is an empty path', async () => {
    const runner = world.runner({ environment: { CLAUDE_CONFIG_DIR: '' } });
    const session = await world.start({}, runner);
    await session.turn([{ text: 'before' }]);
    await session.run.close();
    expect(await readdir(world.cwd)).toEqual([]);
    const again = await world.start({ uuid: session.uuid, ...answered }, runner);
    await again.turn([]);
    expect(lastBody()).toContain('before');
  });

  test('is not forked into an empty one', async () => {
    const session = await said('before');
    await rm(await transcriptOf(session));
    await expect(world.start({ forkOf: session.uuid, ...answered })).rejects.toMatchObject({
      message: expect.stringContaining(`session claude_${session.uuid}, from which`),
      hint: expect.stringContaining('create_session'),
    });
  });

  test('goes on once its transcript is back', async () => {
    const session = await said('before');
    const path = await transcriptOf(session);
    await rename(path, `${path}.bak`);
    await expect(world.start({ uuid: session.uuid, ...answered })).rejects.toThrow('is gone');
    await rename(`${path}.bak`, path);
    const again = await world.start({ uuid: session.uuid, ...answered });
    await again.turn([{ text: 'after' }]);
    expect(lastBody()).toContain('before');
  });

  test('that loses its transcript while its process is warm is not continued in a new file', async () => {
    const session = await world.start();
    await session.turn([{ text: 'before' }]);
    expect(await session.run.isCurrent()).toBe(true);
    await rm(await transcriptOf(session));
    expect(await session.run.isCurrent()).toBe(false);
  });
});

describe('a conversation in which nothing was answered', () => {
  test('begins anew, and says so if turns were tried', async () => {
    const first = await world.start();
    await first.turn([{ text: 'hello' }]);
    expect(first.heard.all('notice')).toEqual([]);
    await first.run.close();
    const tried = await world.start({ past: 'tried' });
    expect(tried.heard.all('notice')).toMatchObject([
      { text: expect.stringContaining('no transcript of the earlier turns') },
    ]);
    expect(await tried.turn([{ text: 'hello' }])).toMatchObject({ state: 'completed' });
  });

  test('goes on from what a failed turn has left', async () => {
    const first = await world.start();
    expect(await first.turn([{ status: 400 }])).toMatchObject({ state: 'failed' });
    await first.run.close();
    const again = await world.start({ uuid: first.uuid, past: 'tried' });
    expect(again.heard.all('notice')).toEqual([]);
  });
});

test('a conversation that Claude Code cannot write down is told at once, and not begun anew', async () => {
  await rm(projects, { recursive: true, force: true });
  await writeFile(projects, '');
  const session = await world.start();
  expect(await session.turn([{ text: 'unkept' }])).toMatchObject({ state: 'completed' });
  await session.heard.until(() => session.heard.all('notice').length > 0);
  expect(session.heard.all('notice')).toMatchObject([{ text: expect.stringContaining('doctor') }]);
  await session.turn([{ text: 'again' }]);
  await session.run.close();
  expect(session.heard.all('notice')).toHaveLength(1);
  await rm(projects);
  await mkdir(projects);
  await expect(world.start({ uuid: session.uuid, ...answered })).rejects.toThrow('is gone');
});
