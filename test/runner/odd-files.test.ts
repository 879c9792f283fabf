/** Files that Claude Code leaves, and a session's shell can replace: a pipe, where reading waits for ever. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openElsewhere } from '../../src/runner/transcript.ts';

const run = promisify(execFile);
const INSTALLATION = join(import.meta.dirname, '..', '..', 'src', 'runner', 'installation.ts');

async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'odd-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('what is no note of a running process holds up no start', async () => {
  const folder = await makeFolder();
  const notes = join(folder, 'sessions');
  await mkdir(join(notes, '3.json'), { recursive: true });
  await run('mkfifo', [join(notes, '1.json')]);
  await writeFile(join(notes, '2.json'), '');
  await truncate(join(notes, '2.json'), 2 ** 30);
  await writeFile(join(notes, '4.json'), 'null');
  expect(await openElsewhere(folder, 'any')).toBeUndefined();
});

test('what is no file of credentials does not stop `doctor`', async () => {
  const folder = await makeFolder();
  await run('mkfifo', [join(folder, '.credentials.json')]);
  const look = `import { credentialKind } from '${INSTALLATION}';
    console.log(credentialKind({ CLAUDE_CONFIG_DIR: '${folder}' }));`;
  const args = ['--input-type=module', '--eval', look];
  const { stdout } = await run(process.execPath, args, { timeout: 10_000, env: {} });
  expect(stdout).toBe('undefined\n');
});
