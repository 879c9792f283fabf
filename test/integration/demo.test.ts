import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { ROOT } from '../support/client/program.ts';
import { makeWorkplace } from '../support/program.ts';

test('the demo runs without a key, says that the model was a stand-in, and leaves nothing', async () => {
  const { env, scratch } = await makeWorkplace();
  const TMPDIR = join(scratch, 'demo');
  await mkdir(TMPDIR);
  // A failure rejects, with what it printed in the message.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['test/demo/main.ts'], {
    cwd: ROOT,
    env: { PATH: env.PATH, HOME: env.HOME, TMPDIR },
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/ANTHROPIC_API_KEY is not set.*stand-in/s);
  for (const tool of ['create_session', 'send_prompt', 'link_task', 'get_metrics', 'end_session']) {
    expect(stdout).toContain(`▸ ${tool} `);
  }
  expect(stdout).toMatch(/^ +completedTurns +1$/m);
  expect(stdout).toMatch(/^ +costUsd +0\.003$/m);
  expect(stdout).toMatch(/Every step worked\.\n$/);
  expect(await readdir(TMPDIR)).toEqual([]);
  expect(await processesWith(TMPDIR)).toEqual([]);
}, 180_000);

test('with a key the demo asks the API that Claude Code asks by itself, and says so', async () => {
  const { api, env, scratch } = await makeWorkplace();
  const TMPDIR = join(scratch, 'demo');
  await mkdir(TMPDIR);
  // A model that only echoes does none of the work: the demo must say so, and not call it done.
  const failed = await promisify(execFile)(process.execPath, ['test/demo/main.ts'], {
    cwd: ROOT,
    env: { ...env, TMPDIR, ANTHROPIC_API_KEY: 'sk-ant-of-a-user' },
  }).catch((error: { code: number; stdout: string }) => error);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.stdout).toMatch(/^ANTHROPIC_API_KEY is set: the demo uses the real API/);
  expect(failed.stdout).toMatch(/The demo failed: price.js was not changed\n$/);
  const keys = new Set(api.requests.map(({ headers }) => headers['x-api-key']));
  expect(keys).toContain('sk-ant-of-a-user');
  const left = (await readdir(TMPDIR)).filter((name) => name.startsWith('claude-sessions-demo'));
  expect(left).toEqual([]);
}, 180_000);
