import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { isForClient, refuse } from '../src/refusal.ts';
import { INITIALIZE, INITIALIZED, modern } from './support/client/messages.ts';

/** Plain streams, without descriptors, as in a desktop program. */
function streams() {
  return { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
}

const REFUSAL = { line: 'it will not do', answer: 'it will not do here', exitCode: 2 };

const lineOf = (message: object) => `${JSON.stringify(message)}\n`;
const answerTo = (id: unknown) =>
  lineOf({ jsonrpc: '2.0', id, error: { code: -32_000, message: REFUSAL.answer } });

async function exchange(...input: string[]): Promise<string> {
  const { stdin, ...rest } = streams();
  const refused = refuse({ stdin, ...rest }, REFUSAL);
  for (const part of input) stdin.write(part);
  stdin.end();
  expect(await refused).toBe(2);
  rest.stdout.end();
  expect(rest.stderr.read()?.toString()).toBe('claude-sessions-mcp: it will not do\n');
  return text(rest.stdout);
}

describe('a client of a program that will not start', () => {
  test('gets the reason for its initialize, and for what it asked before and behind it', async () => {
    const discover = lineOf(modern('server/discover'));
    const list = lineOf({ jsonrpc: '2.0', id: 'last', method: 'tools/list' });
    expect(await exchange(discover, lineOf(INITIALIZE) + lineOf(INITIALIZED), list)).toBe(
      answerTo(1) + answerTo(0) + answerTo('last'),
    );
  });

  test('gets it however its bytes are cut, and if its last line has no end', async () => {
    expect(await exchange(...lineOf(INITIALIZE).trim())).toBe(answerTo(0));
  });

  test.each([
    ['a notification', lineOf(INITIALIZED)],
    ['an answer', lineOf({ jsonrpc: '2.0', id: 7, result: {} })],
    ['no JSON', 'hello\n\n{"id":\n'],
    ['no object', 'null\n7\n"initialize"\n[]\n'],
    ['a method that is none', lineOf({ jsonrpc: '2.0', id: 7, method: 7 })],
  ])('is not answered for %s', async (_, input) => {
    expect(await exchange(input)).toBe('');
  });

  test('has a moment to leave once it was told, and any amount of time before that is bounded', async () => {
    vi.useFakeTimers();
    try {
      const { stdin, stdout, stderr } = streams();
      const ended = vi.fn();
      const refused = refuse({ stdin, stdout, stderr }, REFUSAL).then(ended);
      stdin.write(lineOf(modern('server/discover')));
      await vi.advanceTimersByTimeAsync(9_000);
      stdin.write(lineOf(INITIALIZE));
      await vi.advanceTimersByTimeAsync(1_999);
      expect(ended).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      await refused;
      expect(stdout.read()?.toString()).toBe(answerTo(1) + answerTo(0));
    } finally {
      vi.useRealTimers();
    }
  });

  test('that never says a word is given up', async () => {
    vi.useFakeTimers();
    try {
      const refused = refuse(streams(), REFUSAL);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await refused).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test('that has gone does not make it fail', async () => {
    const { stdin, stdout, stderr } = streams();
    stdout.destroy(new Error('EPIPE'));
    const refused = refuse({ stdin, stdout, stderr }, REFUSAL);
    stdin.end(lineOf(INITIALIZE));
    expect(await refused).toBe(2);
  });
});

describe('nobody is waited for', () => {
  test.each([
    ['if a person types', { stdin: Object.assign(new PassThrough(), { isTTY: true }) }, REFUSAL],
    ['if there is no input', { stdin: undefined }, REFUSAL],
    ['if the command is for people', {}, { ...REFUSAL, answer: undefined }],
  ])('%s', async (_, other, refusal) => {
    expect(await refuse({ ...streams(), ...other }, refusal)).toBe(2);
  });

  test('if the input cannot be opened', async () => {
    const closed = {
      ...streams(),
      get stdin(): PassThrough {
        throw new Error('EBADF');
      },
    };
    expect(await refuse(closed, REFUSAL)).toBe(2);
  });
});

test.each<[boolean, string[]]>([
  [true, []],
  [true, ['stdio']],
  [true, ['--state-dir', 'http']],
  [false, ['http']],
  [false, ['frobnicate']],
  [false, ['--help']],
  [false, ['--version']],
])('that a client waits is %j for %j', (expected, argv) => {
  expect(isForClient(argv)).toBe(expected);
});
