import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { createIn } from '../store/fixtures.ts';
import { lines, type Options, World } from './world.ts';

type Check = { name: string; status: string; detail: string; hint?: string };

const SECRET = 'sk-ant-very-secret';
const KEY = { environment: { ANTHROPIC_API_KEY: SECRET, PATH: process.env.PATH } };

async function checkOf(world: World, name: string, words: string[] = [], options: Options = KEY) {
  const { checks } = await world.json(['doctor', ...words], options);
  return checks.find((check: Check) => check.name === name);
}

describe('doctor', () => {
  test('finds nothing wrong where sessions can run, and tells no secret', async () => {
    const world = new World();
    await createIn(await world.store());
    const { code, output } = await world.run(['doctor', '--json'], KEY);
    expect(JSON.parse(output)).toMatchObject({ ok: true });
    expect(code).toBe(0);
    expect(output).not.toContain(SECRET);
    const { checks } = JSON.parse(output);
    expect(checks.map((check: Check) => check.name)).toEqual(
      'Node,Claude Code,credentials,transcripts,isolation,sandbox,PATH,environment,root,trust,state directory,database,servers,disk'.split(
        ',',
      ),
    );
    expect(await checkOf(world, 'Claude Code')).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/^\d+\.\d+\.\d+, bundled with the Agent SDK$/),
    });
    expect(await checkOf(world, 'credentials')).toMatchObject({
      detail: 'API key (ANTHROPIC_API_KEY)',
    });
    expect(await checkOf(world, 'database')).toMatchObject({
      status: 'ok',
      detail: 'intact; 1 session open, 0 ended',
    });
  });

  test.runIf(process.platform === 'linux')(
    'says that there is no sandbox, which is wrong only if every session is to have it',
    async () => {
      const world = new World();
      const options = { environment: { ANTHROPIC_API_KEY: SECRET, PATH: world.scratch } };
      const allowed = await checkOf(world, 'sandbox', [], options);
      expect(allowed).toMatchObject({
        status: 'warn',
        detail: expect.stringMatching(/^no session can have it: .*bubblewrap and socat/),
        hint: expect.stringContaining('apt install bubblewrap socat'),
      });
      const always = await checkOf(world, 'sandbox', ['--sandbox', 'always'], options);
      expect(always).toMatchObject({ status: 'fail', hint: allowed?.hint });
      const off = await checkOf(world, 'sandbox', ['--sandbox', 'off'], options);
      expect(off).toMatchObject({ status: 'ok', detail: 'off' });
    },
  );

  test('names the MCP servers of sessions, and their programs that are missing', async () => {
    const world = new World();
    const file = join(dirname(world.stateDir), 'servers.json');
    const far = {
      type: 'http',
      url: 'https://x.example/s/key',
      headers: { Authorization: SECRET },
    };
    const mcpServers = { local: { command: 'sh' }, far, gone: { command: '/no/such' } };
    const words = ['doctor', '--json', '--session-mcp-config', file];
    const found = async (content: unknown) => {
      writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
      const { output, code } = await world.run(words, KEY);
      expect(output).not.toContain(SECRET);
      const { checks } = JSON.parse(output) as { checks: Check[] };
      return { code, checks: checks.filter(({ name }) => name.startsWith('MCP')) };
    };
    expect((await found({ mcpServers })).checks).toMatchObject([
      { status: 'ok', detail: expect.stringMatching(/^local: \/.*\/sh$/) },
      { status: 'ok', detail: 'far: http, at https://x.example' },
      { status: 'warn', detail: 'gone: /no/such is no program' },
    ]);
    expect(await found([])).toMatchObject({
      code: 1,
      checks: [
        { status: 'fail', detail: expect.stringContaining('expected an object of servers') },
      ],
    });
  });

  test('makes nothing', async () => {
    const world = new World();
    expect(await checkOf(world, 'state directory')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('created by the first server'),
    });
    expect(await checkOf(world, 'database')).toMatchObject({ status: 'ok' });
    expect(() => readFileSync(world.stateDir)).toThrow('ENOENT');
  });

  test('shows a line for each check, and below it what to do', async () => {
    const world = new World();
    const environment = { CLAUDE_CONFIG_DIR: world.scratch, PATH: process.env.PATH };
    const { code, output } = await world.run(['doctor', '--root', join(world.scratch, 'none')], {
      columns: 80,
      environment,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/^ok {4}Node {13}v\d/m);
    expect(output).toMatch(
      /^fail {2}root {13}\/.*(\n {23}.*)*\n {23}create it, or pass a different --root\.$/m,
    );
    expect(output).toMatch(/^fail {2}credentials {6}none found\n {23}set ANTHROPIC_API_KEY/m);
    for (const line of lines(output)) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each([
    [{ CLAUDE_CODE_OAUTH_TOKEN: 'secret-1' }, /subscription \(CLAUDE_CODE_OAUTH_TOKEN\)/],
    [{ ANTHROPIC_AUTH_TOKEN: 'secret-1', ANTHROPIC_API_KEY: 'secret-2' }, /ANTHROPIC_AUTH_TOKEN/],
    [{ CLAUDE_CODE_USE_BEDROCK: '1', ANTHROPIC_API_KEY: 'secret-2' }, /Amazon Bedrock/],
  ])('knows the credentials in %j by their kind', async (given, expected) => {
    const world = new World();
    const environment = { ...given, CLAUDE_CONFIG_DIR: world.scratch };
    const check = await checkOf(world, 'credentials', [], { environment });
    expect(check).toMatchObject({ status: 'ok', detail: expect.stringMatching(expected) });
    expect(JSON.stringify(check)).not.toContain('secret-');
  });

  test('knows a login of Claude Code', async () => {
    const world = new World();
    const file = join(world.scratch, '.credentials.json');
    writeFileSync(file, JSON.stringify({ claudeAiOauth: { accessToken: 'secret-1' } }));
    const options = { environment: { CLAUDE_CONFIG_DIR: world.scratch } };
    const check = await checkOf(world, 'credentials', [], options);
    expect(check).toEqual({
      name: 'credentials',
      status: 'ok',
      detail: `login of Claude Code (${file})`,
    });
  });

  test('fails for a Claude Code that does not run, or is too old', async () => {
    const world = new World();
    const file = join(world.scratch, 'claude');
    for (const text of ['', '#!/bin/sh\nexit 1\n', '#!/bin/sh\necho hello\n']) {
      writeFileSync(file, text, { mode: 0o755 });
      expect(await checkOf(world, 'Claude Code', ['--claude-path', file])).toMatchObject({
        status: 'fail',
        hint: expect.stringContaining('--claude-path'),
      });
    }
    writeFileSync(file, '#!/bin/sh\necho 2.1.247\n', { mode: 0o755 });
    expect(await checkOf(world, 'Claude Code', ['--claude-path', file])).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('2.1.248 or later'),
      hint: expect.stringContaining('--claude-path'),
    });
    writeFileSync(file, '#!/bin/sh\necho 9.8.7 of ours\n', { mode: 0o755 });
    expect(await checkOf(world, 'Claude Code', ['--claude-path', file])).toMatchObject({
      status: 'ok',
      detail: `9.8.7, ${file}`,
    });
  });

  test('tries to write where Claude Code keeps its transcripts, and leaves nothing there', async () => {
    const world = new World();
    const CLAUDE_CONFIG_DIR = join(world.scratch, 'config');
    const options = { environment: { ...KEY.environment, CLAUDE_CONFIG_DIR } };
    expect(await checkOf(world, 'transcripts', [], options)).toEqual({
      name: 'transcripts',
      status: 'ok',
      detail: join(CLAUDE_CONFIG_DIR, 'projects'),
    });
    expect(readdirSync(world.scratch)).toEqual([]);
    mkdirSync(CLAUDE_CONFIG_DIR);
    writeFileSync(join(CLAUDE_CONFIG_DIR, 'projects'), '');
    expect(await checkOf(world, 'transcripts', [], options)).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('(ENOTDIR)'),
      hint: expect.stringContaining('CLAUDE_CONFIG_DIR'),
    });
    expect(readdirSync(CLAUDE_CONFIG_DIR)).toEqual(['projects']);
  });

  test.each([
    ['nowhere', 'ENOENT'],
    ['projects', 'ELOOP'],
  ])('does not take a link that leads to %s for a place that is free', async (target, code) => {
    const world = new World();
    symlinkSync(join(world.scratch, target), join(world.scratch, 'projects'));
    const options = { environment: { ...KEY.environment, CLAUDE_CONFIG_DIR: world.scratch } };
    expect(await checkOf(world, 'transcripts', [], options)).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining(code),
    });
    expect(readdirSync(world.scratch)).toEqual(['projects']);
    rmSync(world.stateDir, { recursive: true, force: true });
    symlinkSync(join(world.scratch, target), world.stateDir);
    expect(await checkOf(world, 'state directory')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('cannot be accessed'),
    });
  });

  test('fails for a root that is a file, and for each root that is missing', async () => {
    const world = new World();
    const file = join(world.scratch, 'file');
    writeFileSync(file, '');
    const missing = join(world.scratch, 'missing');
    const roots = [world.scratch, file, missing].flatMap((root) => ['--root', root]);
    const { ok, checks } = await world.json(['doctor', ...roots], KEY);
    expect(ok).toBe(false);
    const found = checks.filter((check: Check) => check.name === 'root');
    expect(found.map(({ status }: Check) => status)).toEqual(['ok', 'fail', 'fail']);
    expect(found[1].detail).toContain('is not a directory');
    expect(found[2].detail).toContain('does not exist');
  });

  test('warns of a state that others may open', async () => {
    const world = new World();
    await (await world.store()).close();
    writeFileSync(join(world.stateDir, 'token'), 't', { mode: 0o644 });
    chmodSync(world.stateDir, 0o755);
    chmodSync(join(world.stateDir, 'sessions.db'), 0o640);
    for (const [name, fix] of [
      ['state directory', 'chmod 700'],
      ['database', 'chmod 600'],
      ['token file', 'chmod 600'],
    ] as const) {
      expect(await checkOf(world, name)).toMatchObject({
        status: 'warn',
        hint: expect.stringContaining(fix),
      });
    }
    expect((await world.run(['doctor'], KEY)).code).toBe(0);
  });

  test('only warns of a database from before this version', async () => {
    const world = new World();
    await (await world.store()).close();
    const db = new DatabaseSync(join(world.stateDir, 'sessions.db'));
    db.exec('PRAGMA user_version = 1');
    db.close();
    expect(await checkOf(world, 'database')).toMatchObject({
      status: 'warn',
      hint: expect.stringContaining('up to date'),
    });
  });

  test('fails for a state directory that is a file', async () => {
    const world = new World();
    writeFileSync(world.stateDir, '');
    expect(await checkOf(world, 'state directory')).toMatchObject({ status: 'fail' });
    expect(await checkOf(world, 'database')).toBeUndefined();
  });

  test('fails for a database that is damaged or none', async () => {
    const world = new World();
    const store = await world.store();
    for (let n = 0; n < 50; n += 1) await createIn(store, { labels: { filler: 'x'.repeat(150) } });
    await store.close();
    const file = join(world.stateDir, 'sessions.db');
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.from(whole).fill(0xa5, 8_192));
    expect(await checkOf(world, 'database')).toMatchObject({
      status: 'fail',
      hint: expect.stringContaining('backup'),
    });
    writeFileSync(file, 'something else entirely'.repeat(100));
    expect(await checkOf(world, 'database')).toMatchObject({ status: 'fail' });
  });
});
