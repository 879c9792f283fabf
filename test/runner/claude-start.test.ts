import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { guardDirectoryOf } from '../../src/runner/finder.ts';
import { OWN_SYSTEM } from '../../src/runner/process-table.ts';
import { commandLineOf, variablesOf } from '../support/processes.ts';
import { Recorder } from './claude-world.ts';
import { findByMarker } from './find-by-marker.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

describe('a run', () => {
  test('keeps its folder for temporary files over the processes of its session, until that has ended', async () => {
    const runner = world.runner();
    const before = await runner.kept();
    const session = await world.start({}, runner);
    const command = 'echo kept > "$TMPDIR/patch"; echo "$TMPDIR"';
    await session.turn([{ tool: 'Bash', input: { command } }, { text: 'done' }]);
    await session.run.close();
    const again = await world.start({ uuid: session.uuid }, runner);
    await again.turn([{ tool: 'Bash', input: { command: 'cat "$TMPDIR/patch"' } }, { text: 'ok' }]);
    expect(again.heard.all('tool_result').map(({ text }) => text.trim())).toEqual(['kept']);
    const [kept] = (await runner.kept()).filter((each) => !before.includes(each));
    expect(session.uuid.startsWith(kept ?? 'none')).toBe(true);
    await again.run.close();
    await runner.discard(kept ?? '');
    expect(await runner.kept()).toEqual(before);
  });

  test('makes its folder anew if something else stands there, and does not go where a link leads', async () => {
    const [uuid, elsewhere] = [randomUUID(), join(world.directory, 'elsewhere')];
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'file'), 'mine');
    await mkdir(world.scratch, { recursive: true });
    const folder = join(world.scratch, uuid.replaceAll('-', '').slice(0, 16));
    await symlink(elsewhere, folder);
    const { run } = await world.start({ uuid });
    expect((await lstat(folder)).isDirectory()).toBe(true);
    await run.close();
    await rm(folder, { recursive: true });
    await symlink(elsewhere, folder);
    await world.runner().discard(uuid);
    expect(await readdir(elsewhere)).toEqual(['file']);
    expect(await world.runner().kept()).not.toContain(uuid.slice(0, 18));
  });

  test('shows no secret on the command line, and Claude Code only what it needs', async () => {
    const runner = world.runner({
      environment: { CLAUDE_SESSIONS_TOKEN: 'x', GITHUB_TOKEN: 'x', CLAUDECODE: '1' },
    });
    const options = { customSystemPrompt: 'SYSTEM-PROMPT-TEXT' };
    const session = await world.start({ options }, runner);
    session.prompt([{ tool: 'Bash', input: { command: 'env; PROMPT-TEXT=1 sleep 30' } }]);
    await session.heard.until(() => session.heard.asked.length > 0);
    const pids = await session.processes();
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) {
      const argv = commandLineOf(pid);
      for (const secret of ['sk-ant', 'SYSTEM-PROMPT', 'PROMPT-TEXT', session.marker]) {
        expect(argv).not.toContain(secret);
      }
    }
    const names = variablesOf(session.run.process.pid);
    // The SDK's, and ours.
    const added = `
      CLAUDE_CODE_ENTRYPOINT CLAUDE_AGENT_SDK_VERSION CLAUDE_CODE_SDK_READS_SESSION_STATE
      CLAUDE_SESSIONS_MARKER CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS CLAUDE_CODE_DISABLE_CRON
      CLAUDE_CODE_STARTUP_FAILURE_RESULTS CLAUDE_CODE_DISABLE_AUTO_MEMORY`;
    // Only the portable guard needs a shell of ours (runner/shell.ts).
    const shell = OWN_SYSTEM === 'linux' ? [] : ['CLAUDE_CODE_SHELL'];
    const allowed = new Set([
      ...Object.keys(world.environment),
      ...added.trim().split(/\s+/),
      ...shell,
    ]);
    expect(names.filter((name) => !allowed.has(name))).toEqual([]);
  });
});

describe('a start', () => {
  const heard = new Recorder();
  const start = (options: object, runner = world.runner(), listener = heard) =>
    runner.start(
      {
        uuid: randomUUID(),
        marker: `test.${randomUUID()}`,
        options: { workingDirectory: world.cwd, ...options },
      },
      listener,
    );

  afterEach(() => {
    // A run that never was has no end to tell.
    expect(heard.exits).toBe(0);
  });

  test('needs a directory that exists', async () => {
    const missing = join(world.directory, 'missing');
    await expect(start({ workingDirectory: missing })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `the working directory ${missing} does not exist`,
    });
    const file = join(world.directory, 'file');
    await writeFile(file, '');
    await expect(start({ workingDirectory: file })).rejects.toThrow('is not a directory');
  });

  test('needs a Claude Code that can be run, and says how to get one', async () => {
    const file = join(world.directory, 'not-executable');
    await writeFile(file, '');
    for (const claudePath of ['/no/such/claude', file, world.directory]) {
      await expect(start({}, world.runner({ claudePath }))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(claudePath),
        hint: expect.stringContaining('--claude-path'),
        retryable: false,
      });
    }
  });

  test('of something that is no Claude Code fails when that ends, or does not answer in time', async () => {
    for (const [name, script, words] of [
      ['ends', 'exit 3', 'exit code 3'],
      ['hangs', 'exec sleep 600', 'not ready within'],
    ] as const) {
      const claudePath = join(world.directory, name);
      await writeFile(claudePath, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const runner = world.runner({
        claudePath,
        limits: { startMs: name === 'hangs' ? 300 : 20_000 },
      });
      await expect(start({}, runner)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining(words),
      });
    }
  });

  test('that is given up while Claude Code hangs is over at once, with its processes', async () => {
    const claudePath = join(world.directory, 'hangs-for-long');
    const begun = join(world.directory, 'begun');
    await writeFile(claudePath, `#!/bin/sh\ntouch ${begun}\nexec sleep 600\n`, { mode: 0o755 });
    const giveUp = new AbortController();
    const marker = `test.${randomUUID()}`;
    const options = { workingDirectory: world.cwd };
    const started = world
      .runner({ claudePath, limits: { startMs: 600_000 } })
      .start({ uuid: randomUUID(), marker, options, signal: giveUp.signal }, heard);
    await expect.poll(() => existsSync(begun), { timeout: 20_000 }).toBe(true);
    giveUp.abort();
    await expect(started).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await findByMarker(marker, guardDirectoryOf(world.directory))).toEqual([]);
  });

  test('takes no id that is not a UUID to a command line', async () => {
    const runner = world.runner();
    const spec = { marker: 'test.marker', options: { workingDirectory: world.cwd } };
    for (const uuid of ['--help', 'a/b', `${randomUUID()}\n`, '']) {
      await expect(runner.start({ ...spec, uuid }, heard)).rejects.toThrow('is not a UUID');
    }
    const forked = { ...spec, uuid: randomUUID(), forkOf: '--print' };
    await expect(runner.start(forked, heard)).rejects.toThrow('is not a UUID');
    const marked = { ...spec, uuid: randomUUID(), marker: 'a\0b=c' };
    await expect(runner.start(marked, heard)).rejects.toThrow('is not a marker');
  });

  test('that Claude Code refuses says why', async () => {
    // Only root is refused; anyone else may bypass permissions, and then the process starts.
    const listener = new Recorder();
    const started = start({ permissionMode: 'bypassPermissions' }, world.runner(), listener);
    if (process.getuid?.() !== 0) await (await started).close();
    else await expect(started).rejects.toThrow('as root');
    expect(listener.exits).toBe(process.getuid?.() === 0 ? 0 : 1);
  });
});
