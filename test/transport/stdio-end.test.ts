import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { call, line } from '../support/client/messages.ts';
import { seenBy } from './echo.ts';
import { CALLER, connectWire } from './stdio-wire.ts';

const NEVER_MS = 600_000;

describe('when the input ends', () => {
  test('everything that was read is answered, the last line without its line feed too', async () => {
    const { echo, stdin, seen, service, answerTo } = await connectWire();
    seen.length = 0;
    const ids = Array.from({ length: 20 }, (_, n) => n + 1);
    stdin.write(ids.map((id) => line(call(id, 'whoami'))).join(''));
    stdin.write(`not json\n${line(call(21, 'wait'))}`);
    stdin.end(JSON.stringify(call(22, 'whoami')));
    await answerTo(22);
    expect(echo.closes).toEqual([]);
    echo.release();
    await service.closed;
    const bad = { jsonrpc: '2.0', error: expect.objectContaining({ code: -32_700 }) };
    expect(seen).toContainEqual(bad);
    expect(seen.flatMap(({ id }) => id ?? []).sort()).toEqual([...ids, 21, 22].sort());
    expect(seenBy(seen.find(({ id }) => id === 21)?.result)).toMatchObject(CALLER);
    expect(echo.closes).toEqual([CALLER]);
  });

  test('half a message is told of, and is no reason to stay', async () => {
    const { stdin, seen, service } = await connectWire();
    stdin.end(JSON.stringify(call(1, 'whoami')).slice(0, -1));
    await service.closed;
    expect(seen.at(-1)).toMatchObject({ error: { code: -32_700 } });
  });

  test('a call that waits answers at once', async () => {
    const { echo, stdin, seen, service } = await connectWire();
    stdin.write(line(call(1, 'last')));
    await echo.until(({ hanging }) => hanging.size === 1);
    stdin.end(line(call(2, 'last')));
    await service.closed;
    expect(seen.map(({ id }) => id)).toEqual(expect.arrayContaining([1, 2]));
  });

  test('a call that never answers is given up after a time', async () => {
    const { echo, stdin, seen, service } = await connectWire(undefined, {
      endMs: 50,
      closeMs: NEVER_MS,
    });
    stdin.end(line(call(1, 'hang')) + line(call(2, 'whoami')));
    await service.closed;
    expect([echo.hanging.size, echo.closes]).toEqual([0, [CALLER]]);
    expect(seen.at(-1)?.id).toBe(2);
  });

  test('the client may read slowly, and misses nothing', async () => {
    const written: Buffer[] = [];
    const stdout = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        written.push(bytes);
        setImmediate(done);
      },
    });
    const { stdin, service } = await connectWire(stdout);
    const text = 'x'.repeat(50_000);
    for (let id = 1; id <= 20; id += 1) stdin.write(line(call(id, 'whoami', { text })));
    stdin.end();
    await service.closed;
    expect(idsIn(written)).toEqual(new Set(Array.from({ length: 21 }, (_, id) => id)));
  });

  test('a client that leaves without reading is not waited for', async () => {
    const stdout = new PassThrough();
    const { echo, stdin, service } = await connectWire(stdout);
    stdin.end(line(call(1, 'hang')));
    await echo.until(({ hanging }) => hanging.size === 1);
    stdout.destroy(new Error('EPIPE'));
    await service.closed;
    expect([echo.hanging.size, echo.closes]).toEqual([0, [CALLER]]);
  });

  test('a stop does not wait as long as the end of the input does', async () => {
    const { echo, stdin, service } = await connectWire();
    stdin.end(line(call(1, 'hang')));
    await echo.until(({ hanging }) => hanging.size === 1);
    await service.close();
    expect([echo.hanging.size, echo.closes]).toEqual([0, [CALLER]]);
  });
});

test('a stop lets the calls under way answer, and reads no more', async () => {
  const times = { endMs: NEVER_MS, closeMs: NEVER_MS };
  const { echo, stdin, write, seen, service, answerTo } = await connectWire(undefined, times);
  write(call(1, 'wait'), call(2, 'last'));
  await echo.until(({ hanging }) => hanging.size === 1);
  const closing = service.close();
  stdin.write(line(call(3, 'whoami')));
  await answerTo(2);
  echo.release();
  await closing;
  expect(seen.map(({ id }) => id)).toEqual([0, 2, 1]);
});

test('an end that cannot be reported is an end all the same', async () => {
  const { echo, stdin, service } = await connectWire();
  echo.failNextClose();
  stdin.end();
  await service.closed;
});

function idsIn(written: readonly Buffer[]): Set<unknown> {
  const lines = Buffer.concat(written).toString().split('\n').filter(Boolean);
  return new Set(lines.map((each) => JSON.parse(each).id));
}
