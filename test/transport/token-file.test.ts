import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  TOKEN_FILE_BYTES_MAX,
  TOKEN_FILE_GRACE_MS,
  TOKEN_FILE_POLL_MS,
} from '../../src/connection-limits.ts';
import { loggerTo } from '../../src/log.ts';
import { Redactor } from '../../src/redaction.ts';
import { TokenFile } from '../../src/transport/http/token-file.ts';
import { ALICE, BOB } from './http-service.ts';

async function fileWith(text: string) {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'tokens');
  await writeFile(file, text, { mode: 0o600 });
  const lines: string[] = [];
  const log = loggerTo({ write: (line) => void lines.push(line) }, 'info');
  const redactor = new Redactor([]);
  const clock = { now: 0 };
  const now = () => clock.now;
  const open = () => TokenFile.open({ file, log, redactor, now });
  return { file, lines, clock, open, redactor };
}

const run = promisify(execFile);

/** Puts something else in the place of a file. */
async function replace(file: string, make: (at: string) => Promise<unknown>) {
  await rm(file);
  await make(file);
}

const bearer = (token: string) => `Bearer ${token}`;

describe('a token file that changes', () => {
  test('lets in and keeps out whom it names now', async () => {
    const { file, open } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    await writeFile(file, `bob:${BOB}`);
    expect(tokens.principalOf(bearer(BOB))).toBeUndefined();
    expect(await tokens.reload()).toBe(true);
    expect([ALICE, BOB].map((token) => tokens.principalOf(bearer(token)))).toEqual([
      undefined,
      'bob',
    ]);
    expect([...tokens.principals()]).toEqual(['bob']);
  });

  test('is not said to change when only its form does', async () => {
    const { file, open } = await fileWith(`alice:${ALICE}\nbob:${BOB}`);
    const tokens = await open();
    await writeFile(file, `# two\nbob:${BOB}\n\nalice:${ALICE}\n`);
    expect(await tokens.reload()).toBe(false);
  });

  const spoilings = [
    ['is broken', (file: string) => writeFile(file, 'alice:short')],
    ['is empty', (file: string) => writeFile(file, '')],
    ['is gone', (file: string) => rm(file)],
    ['is a pipe', (file: string) => replace(file, (at) => run('mkfifo', [at]))],
    ['is a folder', (file: string) => replace(file, (at) => mkdir(at))],
    ['is a device', (file: string) => replace(file, (at) => symlink('/dev/zero', at))],
    ['is too large', (file: string) => truncate(file, TOKEN_FILE_BYTES_MAX + 1)],
  ] as const;

  test.each(spoilings)('lets in whom it named for a while once it %s', async (_, spoil) => {
    const { file, lines, clock, open } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    await spoil(file);
    expect([await tokens.reload(), await tokens.reload()]).toEqual([false, false]);
    clock.now += TOKEN_FILE_GRACE_MS - 1;
    expect(await tokens.reload()).toBe(false);
    expect(tokens.principalOf(bearer(ALICE))).toBe('alice');
    expect(lines).toEqual([expect.stringContaining('the tokens stay valid')]);
    clock.now += 1;
    expect([await tokens.reload(), await tokens.reload()]).toEqual([true, false]);
    expect(tokens.principalOf(bearer(ALICE))).toBeUndefined();
    expect(lines.slice(1)).toEqual([
      expect.stringContaining('no token is valid'),
      expect.stringContaining('has changed'),
    ]);
    expect(lines.join()).not.toMatch(/token-0123|short/);
    await rm(file, { recursive: true, force: true });
    await writeFile(file, `bob:${BOB}`);
    expect(await tokens.reload()).toBe(true);
    expect([...tokens.principals()]).toEqual(['bob']);
  });

  test('may be gone again and again, if it comes back each time', async () => {
    const { file, clock, open } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    for (let time = 0; time < 3; time++) {
      await rm(file);
      expect(await tokens.reload()).toBe(false);
      clock.now += TOKEN_FILE_GRACE_MS - 1;
      await writeFile(file, `alice:${ALICE}`);
      expect(await tokens.reload()).toBe(false);
      clock.now += TOKEN_FILE_GRACE_MS;
    }
    expect([...tokens.principals()]).toEqual(['alice']);
  });

  test('with a line that is wrong keeps out whom it names no more, and lets in nobody new', async () => {
    const { file, lines, open } = await fileWith(`alice:${ALICE}\nbob:${BOB}`);
    const tokens = await open();
    await writeFile(file, `bob:${BOB}\ncarol:short\ndave:${ALICE}`);
    expect([await tokens.reload(), await tokens.reload()]).toEqual([true, false]);
    expect([...tokens.principals()]).toEqual(['bob']);
    expect(tokens.principalOf(bearer(ALICE))).toBeUndefined();
    expect(lines).toEqual([
      expect.stringMatching(/line 2.*new tokens are ignored/),
      expect.stringContaining('has changed'),
    ]);
    await writeFile(file, `bob:${BOB}\ndave:${ALICE}`);
    expect(await tokens.reload()).toBe(true);
    expect(tokens.principalOf(bearer(ALICE))).toBe('dave');
  });

  test.each(spoilings.slice(3))('that %s at the start is refused, with why', async (_, spoil) => {
    const { file, open } = await fileWith(`alice:${ALICE}`);
    await spoil(file);
    await expect(open()).rejects.toThrow(
      /token file .*cannot be read: (it is not a regular|it has more than)/,
    );
  });

  test('tells what is not to be shown: its tokens as they are now, also where a line is wrong', async () => {
    const { file, open, redactor } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    expect(redactor.text(`a ${ALICE} b`)).toBe('a [redacted] b');
    await writeFile(file, `alice:${ALICE}\nno name:${BOB}`);
    await tokens.reload();
    expect(redactor.text(`${ALICE} ${BOB}`)).toBe('[redacted] [redacted]');
  });

  test('hides the tokens that are still good while the file names nobody', async () => {
    const { file, open, redactor } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    for (const text of ['', 'alice:short']) {
      await writeFile(file, text);
      await tokens.reload();
      expect(tokens.principalOf(bearer(ALICE))).toBe('alice');
      expect(redactor.text(ALICE)).toBe('[redacted]');
    }
  });

  test('is read again in time that grows with its tokens, not with their square', async () => {
    const few = await reloadingMicroseconds(2000);
    expect((await reloadingMicroseconds(20_000)) / few).toBeLessThan(40);
  });

  test('is seen by itself', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { file, open } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    const changed = new Promise<void>((resolve) => {
      onTestFinished(tokens.watch(resolve));
    });
    await writeFile(file, `bob:${BOB}`);
    vi.advanceTimersByTime(TOKEN_FILE_POLL_MS);
    await changed;
    expect([...tokens.principals()]).toEqual(['bob']);
  });
});

/** The processor time that it takes to see that nothing has changed, to redact, and to take a change. */
async function reloadingMicroseconds(count: number): Promise<number> {
  const names = Array.from({ length: count }, (_, at) => `${at}:token-of-somebody-${at}`);
  const last = count - 1;
  const { file, open, redactor } = await fileWith(names.join('\n'));
  const tokens = await open();
  redactor.text('anything');
  const before = process.cpuUsage();
  expect(await tokens.reload()).toBe(false);
  expect(redactor.text(`a token-of-somebody-${last} b`)).toBe('a [redacted] b');
  await writeFile(file, names.slice(1).join('\n'));
  expect(await tokens.reload()).toBe(true);
  const { user, system } = process.cpuUsage(before);
  expect(tokens.principalOf(bearer('token-of-somebody-0'))).toBeUndefined();
  expect(tokens.principalOf(bearer(`token-of-somebody-${last}`))).toBe(String(last));
  return user + system;
}

test('a change that cannot be followed is logged, and the next one is seen all the same', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { file, lines, open } = await fileWith(`alice:${ALICE}`);
  const tokens = await open();
  const calls: string[][] = [];
  const { promise: second, resolve } = Promise.withResolvers<void>();
  const { promise: first, resolve: failed } = Promise.withResolvers<void>();
  onTestFinished(
    tokens.watch(() => {
      calls.push([...tokens.principals()]);
      if (calls.length === 2) resolve();
      failed();
      if (calls.length === 1) throw new Error('no');
    }),
  );
  await writeFile(file, `bob:${BOB}`);
  vi.advanceTimersByTime(TOKEN_FILE_POLL_MS);
  await first;
  await vi.waitFor(() => expect(lines.join()).toContain('could not be applied'));
  await writeFile(file, `alice:${ALICE}`);
  vi.advanceTimersByTime(TOKEN_FILE_POLL_MS);
  await second;
  expect(calls).toEqual([['bob'], ['alice']]);
});

test('a token file that others can read is warned of', async () => {
  const { file, lines, open } = await fileWith(`alice:${ALICE}`);
  await open();
  expect(lines).toEqual([]);
  await chmod(file, 0o644);
  await open();
  expect(lines).toEqual([expect.stringContaining('chmod 600')]);
});
