import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sandboxProblem } from '../../src/runner/sandbox-check.ts';
import { lacksSandbox } from '../support/needs.ts';

/** A `PATH` with these programs and no others. */
function pathWith(programs: Readonly<Record<string, string>>): { PATH: string } {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { PATH: `/nowhere::${folder}` };
}

test.each([
  ['bubblewrap and socat', {}, 'apt install bubblewrap socat'],
  ['bubblewrap', { socat: '' }, 'apt install bubblewrap)'],
  ['socat', { bwrap: '' }, 'apt install socat)'],
])('names %s if it is missing', async (names, programs, hint) => {
  expect(await sandboxProblem(pathWith(programs), 'linux')).toMatchObject({
    code: 'UNAVAILABLE',
    message: `the sandbox needs ${names}, not found in the PATH of the sessions`,
    retryable: false,
    hint: expect.stringContaining(hint),
  });
});

test('a folder or a file that cannot be run is no program', async () => {
  const path = pathWith({ socat: '' });
  const folder = path.PATH.split(':').at(-1) ?? '';
  mkdirSync(join(folder, 'bwrap'));
  expect(await sandboxProblem(path, 'linux')).toMatchObject({
    message: expect.stringContaining('bubblewrap'),
  });
});

test('says that no sandbox can be made where bubblewrap may not, in words of ours', async () => {
  const bwrap = 'echo "No permissions to create new namespace" >&2; exit 1';
  const problem = await sandboxProblem(pathWith({ socat: '', bwrap }), 'linux');
  expect(problem).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'bubblewrap is installed, but cannot make a sandbox here (exit code 1)',
    retryable: false,
    hint: expect.stringMatching(/user namespaces.*`bwrap .* true` shows the error/),
  });
});

test.skipIf(lacksSandbox)('finds nothing wrong where the sandbox works', async () => {
  expect(await sandboxProblem({ PATH: process.env.PATH })).toBeUndefined();
});

test('macOS needs no program, and other systems have no sandbox', async () => {
  expect(await sandboxProblem({ PATH: '' }, 'darwin')).toBeUndefined();
  expect(await sandboxProblem({ PATH: '' }, 'win32')).toMatchObject({
    message: "Claude Code's sandbox works only on Linux and macOS",
  });
});
