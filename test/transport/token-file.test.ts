import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { TOKEN_FILE_POLL_MS } from '../../src/limits.ts';
import { loggerTo } from '../../src/log.ts';
import { Redactor } from '../../src/redaction.ts';
import { TokenFile } from '../../src/transport/token-file.ts';
import { ALICE, BOB } from './http-service.ts';

async function fileWith(text: string) {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'tokens');
  await writeFile(file, text, { mode: 0o600 });
  const lines: string[] = [];
  const log = loggerTo({ write: (line) => void lines.push(line) }, 'info');
  const redactor = new Redactor([]);
  return { file, log, lines, open: () => TokenFile.open({ file, log, redactor }), redactor };
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

  test.each([
    ['is broken', (file: string) => writeFile(file, `alice:${ALICE}\nbob:short`)],
    ['is empty', (file: string) => writeFile(file, '')],
    ['is gone', (file: string) => rm(file)],
  ])('changes nothing while it %s, and says so once, without a token', async (_, spoil) => {
    const { file, lines, open } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    await spoil(file);
    expect([await tokens.reload(), await tokens.reload()]).toEqual([false, false]);
    expect(tokens.principalOf(bearer(ALICE))).toBe('alice');
    expect(lines).toEqual([expect.stringContaining('the tokens stay as they were')]);
    expect(lines.join()).not.toMatch(/token-0123|short/);
    await writeFile(file, `bob:${BOB}`);
    expect(await tokens.reload()).toBe(true);
  });

  test('tells what is not to be shown: its tokens as they are now, also where a line is wrong', async () => {
    const { file, open, redactor } = await fileWith(`alice:${ALICE}`);
    const tokens = await open();
    expect(redactor.text(`a ${ALICE} b`)).toBe('a [redacted] b');
    await writeFile(file, `alice:${ALICE}\nno name:${BOB}`);
    await tokens.reload();
    expect(redactor.text(`${ALICE} ${BOB}`)).toBe('[redacted] [redacted]');
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

test('a token file that others can read is warned of', async () => {
  const { file, lines, open } = await fileWith(`alice:${ALICE}`);
  await open();
  expect(lines).toEqual([]);
  await chmod(file, 0o644);
  await open();
  expect(lines).toEqual([expect.stringContaining('chmod 600')]);
});
