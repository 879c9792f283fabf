import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What a long run says and its exit code, without any of its work. */
async function run(...args: string[]) {
  const done = promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'main.ts'),
    ...args,
  ]);
  return await done.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

test.each([
  ['chaos --seconds long', /--seconds long: expected a whole number/],
  ['chaos --servers 0', /--servers 0: expected a whole number, 1 or more/],
  ['chaos --mutant x', /--mutant x: expected one of none, no-fence/],
  ['chaos --frobnicate', /--frobnicate/],
  ['chaos now', /now/],
  ['crash --rounds 1.5', /--rounds 1\.5: expected a whole number/],
  ['load --half-open -1', /--half-open/],
])('%s ends with 2 and one line', { timeout: 60_000 }, async (line, problem) => {
  const { code, stdout, stderr } = await run(...line.split(' '));
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(problem);
  expect(stderr).toMatch(/^[^\n]*--help[^\n]*\n$/);
});

test.each([
  ['crash', /--rounds N +200\n.*--seed N +1\n.*--json/s],
  ['load', /--half-open N +2000\n/],
])('%s --help shows the flags and their defaults', { timeout: 60_000 }, async (name, flags) => {
  const { code, stdout } = await run(name, '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(flags);
});
