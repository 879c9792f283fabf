import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createOwners } from '../../src/runner/owners.ts';
import { OWN_SYSTEM, startTimeOf } from '../../src/runner/process-table.ts';

test.each([OWN_SYSTEM, 'posix'] as const)(
  'an owner is seen to live, to be stopped, to go on, and to be gone (%s)',
  async (system) => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { pid = 0 } = child;
    const { stateOf, self } = createOwners('me', system);
    const [, , boot, namespace] = self.split('/');
    const owner = ['other', pid, boot, namespace, startTimeOf(pid, system)].join('/');
    expect([stateOf(owner), stateOf(self)]).toEqual(['alive', 'self']);
    child.kill('SIGSTOP');
    await expect.poll(() => stateOf(owner)).toBe('stopped');
    child.kill('SIGCONT');
    await expect.poll(() => stateOf(owner)).toBe('alive');
    child.kill('SIGKILL');
    await expect.poll(() => stateOf(owner)).toBe('gone');
  },
);

test('nobody waits for more than one look with ps, however much is asked about a server', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'claude-sessions-owners-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { pid = 0 } = child;
  const { stateOf } = createOwners('me', 'posix');
  const owner = ['other', pid, '', '', startTimeOf(pid, 'posix')].join('/');
  const calls = join(folder, 'calls');
  const counting = `#!/bin/sh\necho >> ${calls}\nPATH=\${PATH#*:} exec ps "$@"\n`;
  writeFileSync(join(folder, 'ps'), counting, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(Array.from({ length: 20 }, () => stateOf(owner))).toEqual(Array(20).fill('alive'));
  // The one that it waits for, and one in the background.
  expect(readFileSync(calls, 'utf8').length).toBeLessThanOrEqual(2);
});

test('who has started a server is found out once', () => {
  const { isOfSameClient, self } = createOwners('me', 'posix');
  expect(isOfSameClient(self)).toBe(true);
  vi.stubEnv('PATH', '/nowhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect([isOfSameClient(self), createOwners('me', 'posix').isOfSameClient(self)]).toEqual([
    true,
    false,
  ]);
});

test('an owner that cannot be seen from here is unknown: in another namespace, under another kernel, of no known start', () => {
  const { stateOf, self } = createOwners('me');
  const [, , boot = '', namespace = '', startTime] = self.split('/');
  const owner = (...parts: unknown[]) => ['other', ...parts].join('/');
  expect(stateOf(owner(process.pid, boot, namespace, startTime))).toBe('alive');
  expect(stateOf(owner(process.pid, boot, '1', startTime))).toBe('unknown');
  expect(stateOf(owner(2 ** 30, 'another boot', namespace, startTime))).toBe('unknown');
  expect(stateOf(owner(process.pid, boot, namespace, ''))).toBe('unknown');
  expect(stateOf(owner(process.pid, boot, namespace, '1'))).toBe('gone');
  expect(stateOf(owner(2 ** 30, boot, namespace, ''))).toBe('gone');
  expect(stateOf('nonsense')).toBe('unknown');
});
