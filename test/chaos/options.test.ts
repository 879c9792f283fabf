import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What a program says and its exit code, without any of its work. */
async function run(program: string, ...args: string[]) {
  const done = promisify(execFile)(process.execPath, [join(import.meta.dirname, program), ...args]);
  return await done.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

test.each([
  ['main.ts', ['--seconds', 'long'], /--seconds long: expected a whole number/],
  ['main.ts', ['--servers', '0'], /--servers 0: expected a whole number/],
  ['main.ts', ['--mutant', 'x'], /--mutant x: expected one of none, no-fence/],
  ['main.ts', ['--frobnicate'], /--frobnicate/],
  ['main.ts', ['now'], /now/],
  ['crash.ts', ['--rounds', '1.5'], /--rounds 1\.5: expected a whole number/],
])('%s %j ends with 2 and one line', { timeout: 60_000 }, async (program, args, problem) => {
  const { code, stdout, stderr } = await run(program, ...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(problem);
  expect(stderr).toMatch(/^[^\n]*--help[^\n]*\n$/);
});

test('--help shows the flags and their defaults', { timeout: 60_000 }, async () => {
  const { code, stdout } = await run('crash.ts', '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/--rounds N +200\n.*--seed N +1\n.*--json/s);
});
