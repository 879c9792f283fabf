import { Console } from 'node:console';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { Redactor } from '../../src/redaction.ts';
import { claimStdout } from '../../src/transport/stdio/stdout.ts';

const KEY = 'sk-ant-0123456789';

function claimed() {
  const written: string[] = [];
  const lines: string[] = [];
  const stdout = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      written.push(bytes.toString());
      done();
    },
  }) as NodeJS.WriteStream;
  const log = loggerTo({ write: (line) => void lines.push(line) }, 'warn');
  return {
    stdout,
    written,
    logged: () => lines.join(''),
    mine: claimStdout(stdout, log, new Redactor([KEY])),
  };
}

test('what anybody else prints is in the log and not on standard output', async () => {
  const { stdout, written, logged, mine } = claimed();
  new Console(stdout).log('a banner');
  await new Promise<void>((resolve) => stdout.write('raw', () => resolve()));
  mine.write('{"jsonrpc":"2.0"}\n');
  expect(written).toEqual(['{"jsonrpc":"2.0"}\n']);
  expect(logged()).toContain('a banner');
  expect(logged()).toContain('raw');
});

test('messages that are written together leave together, in order', async () => {
  const { written, mine } = claimed();
  mine.write('1');
  mine.write('2');
  await new Promise<void>((resolve) => mine.write('3', () => resolve()));
  expect(written).toEqual(['1', '23']);
});

test('what is printed is cut once it is redacted: the log holds no beginning of a credential', () => {
  const { stdout, logged } = claimed();
  stdout.write(`${'x'.repeat(190)}${KEY}${'x'.repeat(100)}`);
  expect(logged()).toMatch(/"printed":"x{190}\[redacted\]"/);
});

test('a reader that has gone is seen', async () => {
  const { stdout, mine } = claimed();
  const failed = once(mine, 'error');
  stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  expect(await failed).toMatchObject([{ code: 'EPIPE' }]);
});
