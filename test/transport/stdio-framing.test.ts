import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MESSAGE_BYTES_MAX } from '../../src/connection-limits.ts';
import { MESSAGE_BOUNDS } from '../../src/json-shape.ts';
import { call, line } from '../support/client/messages.ts';
import { seenBy } from './echo.ts';
import { connectWire, PING } from './stdio-wire.ts';

const error = (code: number, id?: unknown) => ({
  jsonrpc: '2.0',
  ...(id !== undefined && { id }),
  error: { code, message: expect.any(String) },
});
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const withArguments = (json: string) =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{"a":${json}}}}\n`;

describe('what is no message is answered as the protocol says, and the server goes on', () => {
  test.each<[string, string | Buffer, object[]]>([
    ['text', 'hello\n', [error(-32_700)]],
    ['half a message', '{"jsonrpc":"2.0",\n', [error(-32_700)]],
    ['two messages in a line', line(PING).trim() + line(PING), [error(-32_700)]],
    [
      'bad UTF-8',
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"\xff"}\n', 'latin1'),
      [error(-32_700)],
    ],
    [
      'UTF-16',
      Buffer.concat([Buffer.from(JSON.stringify(PING), 'utf16le'), Buffer.from('\n')]),
      [error(-32_700)],
    ],
    ['a number', '5\n', [error(-32_600)]],
    ['null', 'null\n', [error(-32_600)]],
    ['a batch', line([PING, PING]), [error(-32_600)]],
    ['an empty batch', '[]\n', [error(-32_600)]],
    ['an object that is no message', '{"hello":1}\n', [error(-32_600)]],
    ['another version', line({ ...PING, id: 7, jsonrpc: '1.0' }), [error(-32_600, 7)]],
    ['a method that is none', line({ ...PING, id: 'x', method: 5 }), [error(-32_600, 'x')]],
    ['params that are none', line({ ...PING, id: 7, params: 'p' }), [error(-32_600, 7)]],
    [
      'an initialize that says too little',
      line({ ...PING, id: 7, method: 'initialize', params: {} }),
      [error(-32_602, 7)],
    ],
    ['an id that is null', line({ ...PING, id: null }), [error(-32_600)]],
    ['an id that is a fraction', line({ ...PING, id: 1.5 }), [error(-32_600)]],
    ['an id that is an object', line({ ...PING, id: { a: 1 } }), [error(-32_600)]],
    [
      'an id that JSON cannot keep',
      `{"jsonrpc":"2.0","id":1e300,"method":"ping"}\n`,
      [error(-32_600)],
    ],
    ['too many levels', withArguments(nested(MESSAGE_BOUNDS.depthMax)), [error(-32_600)]],
    ['too many elements', withArguments(`[${'0,'.repeat(1_000_000)}0]`), [error(-32_600)]],
    [
      'a method inherited from Object',
      line({ ...PING, id: 7, method: 'constructor' }),
      [error(-32_601, 7)],
    ],
    [
      'a method named __proto__',
      line({ ...PING, id: 7, method: '__proto__' }),
      [error(-32_601, 7)],
    ],
    ['an unknown notification', line({ jsonrpc: '2.0', method: 'notifications/nothing' }), []],
    ['an answer that nobody asked for', line({ jsonrpc: '2.0', id: 99, result: {} }), []],
    [
      'a cancellation of nothing',
      line({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: '__proto__' },
      }),
      [],
    ],
    ['blank lines', '\n\r\n  \n\t\n', []],
  ])('%s', async (_, bytes, answers) => {
    const { answersTo } = await connectWire();
    expect(await answersTo(bytes)).toEqual(answers);
  });

  test('a line at the bound is served, and one over it is refused, however long it goes on', async () => {
    const { answersTo, answerTo, write } = await connectWire();
    const bare = line(call(1, 'whoami', { text: '' })).length - 1;
    const sized = (bytes: number) => line(call(1, 'whoami', { text: 'x'.repeat(bytes - bare) }));
    const [served] = await answersTo(sized(MESSAGE_BYTES_MAX));
    expect(seenBy(served?.result).echo).toMatchObject({ text: expect.any(String) });
    const refused = await answersTo(sized(3 * MESSAGE_BYTES_MAX));
    expect(refused).toEqual([
      {
        jsonrpc: '2.0',
        error: { code: -32_600, message: expect.stringContaining('must not exceed') },
      },
    ]);
    write(call(2, 'whoami'));
    expect(await answerTo(2)).toHaveProperty('result');
  });
});

test('messages are the same however they were cut, in the middle of a character too', async () => {
  const messages = Array.from({ length: 20 }, (_, n) =>
    call(n + 1, 'whoami', { n, text: 'ä€😀\u2028' }),
  );
  const bytes = Buffer.from(messages.map((each) => `${JSON.stringify(each)}\r\n`).join(''));
  const property = fc.asyncProperty(fc.array(fc.nat(), { maxLength: 200 }), async (cuts) => {
    const { stdin, seen, until } = await connectWire();
    let from = 0;
    for (const cut of [...cuts.map((each) => each % bytes.length), bytes.length].sort(
      (a, b) => a - b,
    )) {
      stdin.write(bytes.subarray(from, cut));
      from = cut;
    }
    await until(() => seen.length === messages.length + 1);
    const echoes = seen.slice(1).map(({ id, result }) => [id, seenBy(result).echo]);
    expect(echoes).toEqual(messages.map(({ id, params }) => [id, params.arguments]));
  });
  await fc.assert(property, { numRuns: 30 });
  const { stdin, answerTo } = await connectWire();
  for (const byte of bytes) stdin.write(Buffer.from([byte]));
  expect(seenBy((await answerTo(20))?.result).echo).toEqual({ n: 19, text: 'ä€😀\u2028' });
});

describe('ids', () => {
  test('that are in use are refused to a second request, and the first goes on', async () => {
    const { echo, write, answerTo, seen } = await connectWire();
    write(call(1, 'wait'), call(2, 'hang'));
    await echo.until(({ hanging }) => hanging.size === 1);
    write(call(1, 'whoami'));
    expect(await answerTo(1)).toEqual(error(-32_600, 1));
    seen.length = 0;
    echo.release();
    expect(await answerTo(1)).toHaveProperty('result');
    write(call(1, 'whoami'));
    seen.length = 0;
    expect(await answerTo(1)).toHaveProperty('result');
  });

  test('of a call that was cancelled are free again, and it gets no answer', async () => {
    const { echo, write, answerTo, seen } = await connectWire();
    write(call(7, 'hang'));
    await echo.until(({ hanging }) => hanging.size === 1);
    write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } });
    write(call(7, 'whoami'));
    expect(await answerTo(7)).toHaveProperty('result');
    expect(seen.filter(({ id }) => id === 7)).toHaveLength(1);
  });

  test.each(['', '__proto__', 'a\u0000b', '\ud800', 0, -1, Number.MAX_SAFE_INTEGER])(
    '%j comes back as it went',
    async (id) => {
      const { write, until, seen } = await connectWire();
      write({ ...PING, id });
      await until(() => seen.length === 2);
      expect(seen[1]).toEqual({ jsonrpc: '2.0', id, result: {} });
    },
  );
});
