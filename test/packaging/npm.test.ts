import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { addedToClaude } from '../docs/claude-mcp.ts';
import { blocksOf, page, sectionOf } from '../docs/markdown.ts';
import type { Workplace } from '../support/client/place.ts';
import { makeWorkplace } from '../support/program.ts';
import { bytesIn, CLAUDE, doTurn, megabytes } from './installed.ts';
import { ROOT } from './package.ts';

const run = promisify(execFile);

/** A Claude Code for the platform is 360 MB, and the peers are of use to TypeScript only: both take time, and prove nothing. */
const INSTALL = 'install --omit=optional --omit=peer --ignore-scripts --prefer-offline'.split(' ');

const CONSUMER = `
import { type ClaudeCodeSession, SessionManager, SessionNotFoundError, type SessionStatus } from 'claude-sessions-mcp';

const manager = new SessionManager();
const session: ClaudeCodeSession = manager.createSession({ workingDirectory: '/tmp' });
manager.updateStatus(session.id, 'busy');
const status: SessionStatus = manager.getSession(session.id).status;
// @ts-expect-error: no such option
const wrong = () => manager.createSession({ wrong: true });
try {
  manager.getSession('claude_none');
} catch (error) {
  if (error instanceof SessionNotFoundError) console.log(status, error.code, typeof wrong);
}
`;

test('the npm package, installed into an empty folder, runs from there and gives the library with its types', async () => {
  const place = await makeWorkplace();
  const folder = await install(place);
  const bin = join(folder, 'node_modules', '.bin', 'claude-sessions-mcp');
  const env = { ...place.env, PATH: pathWithNode(), CLAUDE_SESSIONS_CLAUDE_PATH: CLAUDE };
  await doTurn({ command: bin, args: [], env }, place.directory);

  // As the page of clients has it: npx finds the package where it is installed, and asks nobody.
  const section = sectionOf(page('docs/clients.md'), 'From the npm package');
  const [entry = ''] = blocksOf(section, 'json');
  const { command, args } = JSON.parse(entry).mcpServers['claude-sessions'];
  expect([command, ...args].join(' ')).toBe('npx -y claude-sessions-mcp');
  const offline = { ...env, npm_config_offline: 'true' };
  await doTurn({ command, args, env: offline, cwd: folder }, place.directory);
  const [line] = blocksOf(section, 'sh');
  expect(await addedToClaude({ env: offline, scratch: folder }, line)).toContain('✔ Connected');

  await writeFile(join(folder, 'consumer.mts'), CONSUMER);
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--types',
    '',
    '--lib',
    'es2024,dom',
  ];
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  await run(tsc, [...options, 'consumer.mts'], { cwd: folder, env });
  const { stdout } = await run(process.execPath, ['consumer.mts'], { cwd: folder, env });
  expect(stdout).toBe('busy SESSION_NOT_FOUND function\n');
}, 240_000);

/** Packs what was built and installs it; returns the folder. */
async function install({ scratch }: Workplace): Promise<string> {
  const folder = join(scratch, 'empty');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const env = { ...process.env, PATH: pathWithNode() };
  const pack = ['pack', ROOT, '--ignore-scripts', '--json', '--pack-destination', scratch];
  const { stdout } = await run('npm', pack, { cwd: folder, env });
  const [packed] = Object.values<{ filename: string; size: number; unpackedSize: number }>(
    JSON.parse(stdout),
  );
  if (packed === undefined) throw new Error(`npm packed nothing: ${stdout}`);
  await run('npm', [...INSTALL, '--no-audit', '--no-fund', join(scratch, packed.filename)], {
    cwd: folder,
    env,
  });
  const all = megabytes(bytesIn(join(folder, 'node_modules')));
  const [size, unpacked] = [packed.size, packed.unpackedSize].map(megabytes);
  console.info(`npm package: ${size}, unpacked ${unpacked}, with what it needs ${all}`);
  return folder;
}

function pathWithNode(): string {
  return `${dirname(process.execPath)}:${process.env.PATH}`;
}
