import { mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { getMcpConfigForManifest, unpackExtension } from '@anthropic-ai/mcpb';
import { describe, expect, test } from 'vitest';
import type { Workplace } from '../support/client/place.ts';
import { makeWorkplace } from '../support/program.ts';
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
