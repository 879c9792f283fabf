import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getMcpConfigForManifest, unpackExtension } from '@anthropic-ai/mcpb';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { EXTENSION_TITLES } from '../../src/settings.ts';
import type { Workplace } from '../support/client/place.ts';
import { connectStdio, makeWorkplace } from '../support/program.ts';
import { makeBundle } from './bundle.ts';
import { bytesIn, CLAUDE, doTurn, megabytes } from './installed.ts';
import { bundleManifest } from './manifest.ts';
import { readPackage } from './package.ts';

type UserConfig = Record<string, string | string[]>;

/** What Claude Desktop starts, once a person has filled in the form. */
async function entryFor(place: Workplace, extensionPath: string, userConfig: UserConfig) {
  const manifest = JSON.parse(await readFile(join(extensionPath, 'manifest.json'), 'utf8'));
  const systemDirs = { HOME: place.scratch };
  const logger = { log() {}, error() {}, warn() {} };
  const form = { manifest, extensionPath, systemDirs, userConfig, pathSeparator: '/', logger };
  const config = await getMcpConfigForManifest(form);
  if (config?.command !== 'node') throw new Error(`not started with Node: ${config?.command}`);
  const { CLAUDE_SESSIONS_ROOT: _root, ANTHROPIC_API_KEY: _key, ...env } = place.env;
  const { args = [] } = config;
  return { command: process.execPath, args: [...args], env: { ...env, ...config.env } };
}

describe('the bundle for Claude Desktop', { timeout: 120_000 }, () => {
  test('works from where it is unpacked, in the folders that were picked, with the Claude Code of the machine', async () => {
    const place = await makeWorkplace();
    const file = join(place.scratch, 'made.mcpb');
    await makeBundle(join(place.scratch, 'stage'), file);
    const unpacked = join(place.scratch, 'unpacked');
    await unpackExtension({ mcpbPath: file, outputDir: unpacked, silent: true });
    const { size } = await stat(file);
    console.info(`bundle: ${megabytes(size)}, unpacked ${megabytes(bytesIn(unpacked))}`);
    expect(size).toBeLessThan(20e6);

    const icon = await readFile(join(unpacked, 'icon.png'));
    expect([icon.toString('latin1', 1, 4), icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([
      'PNG',
      ...[512, 512],
    ]);

    const second = join(place.scratch, 'second folder');
    await mkdir(second);
    const form = { roots: [place.directory, second], api_key: place.env.ANTHROPIC_API_KEY ?? '' };
    const named = await entryFor(place, unpacked, { ...form, claude_path: CLAUDE });
    await doTurn(named, second);

    // The field left empty: it is found where it was installed.
    const bin = join(place.env.HOME ?? '', '.local', 'bin');
    await mkdir(bin, { recursive: true });
    await symlink(CLAUDE, join(bin, 'claude'));
    const entry = await entryFor(place, unpacked, form);
    expect(entry.env.CLAUDE_SESSIONS_CLAUDE_PATH).toContain('user_config');
    await doTurn({ ...entry, env: { ...entry.env, PATH: '/usr/bin:/bin' } }, place.directory);
  });

  test('speaks of the settings that a person sees, and not of flags', async () => {
    const place = await makeWorkplace();
    const bundle = join(place.scratch, 'bundle');
    await makeBundle(bundle, join(place.scratch, 'made.mcpb'));
    const claude = join(place.scratch, 'no-claude');
    const form = { roots: [place.directory], api_key: 'key', claude_path: claude };
    const bad = [
      [
        { ...form, roots: ['/nowhere'] },
        '"Folders" in the settings of the extension: /nowhere is not',
      ],
      [{ ...form, max_live: '0' }, '"Sessions at work" in the settings of the extension: expected'],
      [{ ...form, state_dir: claude }, 'that can be written with "State folder" in the settings'],
    ] as const;
    await writeFile(claude, '');
    for (const [fields, problem] of bad) {
      const entry = await entryFor(place, bundle, { ...fields, roots: [...fields.roots] });
      const { CLAUDE_SESSIONS_STATE_DIR: own, ...rest } = entry.env;
      const env =
        'state_dir' in fields ? { ...rest, CLAUDE_SESSIONS_STATE_DIR: claude } : entry.env;
      expect(own).toBeDefined();
      await expect(connectStdio('v2 auto', { ...entry, env })).rejects.toThrow(problem);
    }
    const client = await connectStdio('v2 auto', await entryFor(place, bundle, form));
    const outside = await client.refusal('create_session', { workingDirectory: place.scratch });
    expect(outside.hint).toContain('"Folders" in the settings of the extension');
    const sent = { workingDirectory: place.directory, prompt: 'go' };
    const { session } = await client.call('create_session', sent);
    await client.call('wait_sessions', { sessionIds: [session.id], waitMs: 20_000 });
    const { events } = await client.call('read_events', { sessionId: session.id });
    const told = JSON.stringify(events);
    expect(told).toContain('\\"Claude Code\\" in the settings of the extension');
    expect(told).not.toContain('--claude-path');
  });

  test('has a typed field for each setting of the extension, within the bounds of the setting', () => {
    const { user_config, server } = bundleManifest(readPackage());
    const { max_live, ...fields } = user_config;
    expect(max_live).toMatchObject({ type: 'number', default: 16, min: 1, max: 100 });
    for (const edge of [max_live.min, max_live.max]) {
      expect(readSettings([], { CLAUDE_SESSIONS_MAX_LIVE: String(edge) }).maxLive).toBe(edge);
    }
    const types = Object.entries(fields).map(([key, { type }]) => [key, type]);
    expect(Object.fromEntries(types)).toEqual({
      roots: 'directory',
      claude_path: 'file',
      api_key: 'string',
      allow_bypass_permissions: 'boolean',
      state_dir: 'directory',
    });
    const titles = Object.values(user_config).map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(Object.values(EXTENSION_TITLES)));
    const { args, env } = server.mcp_config;
    const placed = [...args, ...Object.values(env)].join();
    for (const key of Object.keys(user_config)) expect(placed).toContain(`\${user_config.${key}}`);
  });

  test('is not started before a folder was picked', async () => {
    const manifest = bundleManifest(readPackage());
    const form = { extensionPath: '/', systemDirs: {}, pathSeparator: '/', userConfig: {} };
    const typed = manifest as Parameters<typeof getMcpConfigForManifest>[0]['manifest'];
    expect(await getMcpConfigForManifest({ manifest: typed, ...form })).toBeUndefined();
  });

  test('hides the key while it is entered, and says what it does with data', () => {
    const { user_config, long_description } = bundleManifest(readPackage());
    expect(user_config.api_key.sensitive).toBe(true);
    expect(long_description).toContain('Privacy:');
  });
});
