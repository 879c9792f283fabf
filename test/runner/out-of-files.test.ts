import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openWorld } from './open-world.ts';

const PROGRAM = join(import.meta.dirname, 'programs', 'out-of-files.ts');

const world = await openWorld(120_000);

test('a server without a file descriptor takes nobody for gone, and says what it lacks', async () => {
  const line = ['-c', 'ulimit -n 128; exec "$0" "$@"', process.execPath, PROGRAM, world.cwd];
  const { stdout } = spawn('sh', line, {
    env: world.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { warm, without, again } = JSON.parse(await text(stdout));
  expect(warm).toBe('started');
  const lacking = {
    code: 'UNAVAILABLE',
    message: 'Claude Code could not be started: there are no file descriptors left (EMFILE)',
    retryable: true,
  };
  expect(without).toEqual({
    living: 'unknown',
    gone: 'gone',
    killed: false,
    guard: lacking,
    found: ['problem'],
    start: lacking,
  });
  expect(again).toEqual({
    living: 'alive',
    gone: 'gone',
    killed: true,
    guard: 'string',
    found: ['path', 'version'],
    start: 'started',
  });
});
