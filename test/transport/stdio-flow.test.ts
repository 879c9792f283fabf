import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  MESSAGE_BYTES_MAX,
  STDIO_BEHIND_BYTES_MAX,
  STDIO_REQUESTS_MAX,
} from '../../src/connection-limits.ts';
import type { Message } from '../support/client/line-wire.ts';
import { call, line } from '../support/client/messages.ts';
import { seenBy } from './echo.ts';
import { CALLER, connectWire, PING } from './stdio-wire.ts';

/** What the one text of a tool result says. */
function failureIn(message: Message | undefined): unknown {
  return seenBy(message?.result);
}

describe('a client that asks for too much', () => {
  test('has so many requests under way, and is told of the limit for more', async () => {
    const { echo, write, answerTo } = await connectWire();
    write(...Array.from({ length: STDIO_REQUESTS_MAX }, (_, n) => call(n + 1, 'hang')));
    write(call(9999, 'whoami'), { ...PING, id: 10_000 });
    for (const id of [9999, 10_000]) {
      expect(failureIn(await answerTo(id))).toMatchObject({
        error: { code: 'LIMIT_EXCEEDED', hint: expect.any(String), retryable: true },
      });
    }
    await echo.until(({ hanging }) => hanging.size === STDIO_REQUESTS_MAX);
    write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    write(call(10_001, 'whoami'));
    expect(seenBy((await answerTo(10_001))?.result)).toMatchObject(CALLER);
  });

  test('floods it with what needs no answer, and is served after it', async () => {
    const { stdin, write, answerTo } = await connectWire();
    const noise =
      line({ jsonrpc: '2.0', method: 'x' }) + line({ jsonrpc: '2.0', id: 5, result: {} });
    for (let n = 0; n < 500; n += 1) stdin.write(noise.repeat(10));
    write(PING);
    expect(await answerTo('after')).toHaveProperty('result');
  });
});

describe('a client that does not read', () => {
  /** Takes nothing until it is told to. */
  function stuck() {
    const release: (() => void)[] = [];
    let isOpen = false;
    const written: Buffer[] = [];
    const stdout = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        written.push(bytes);
        if (isOpen) done();
        else release.push(done);
      },
    });
    const open = () => {
      isOpen = true;
      for (const done of release) done();
    };
    return { stdout, written, open };
  }

  test('is not read either, and misses no answer once it reads', async () => {
    const { stdout, written, open } = stuck();
    const { stdin, until: _, ...rest } = await connectWire(stdout);
    const text = 'x'.repeat(50_000);
    let sent = 0;
    while (sent < 1000 && !(stdin.writableNeedDrain && stdin.isPaused())) {
      sent += 1;
      stdin.write(line(call(sent, 'whoami', { text })));
      // The server, if it still read, would.
      await new Promise(setImmediate);
    }
    expect(stdin.isPaused()).toBe(true);
    expect(sent * text.length).toBeLessThan(2 * MESSAGE_BYTES_MAX);
    expect(stdout.writableLength).toBeLessThan(STDIO_BEHIND_BYTES_MAX);
    const idsIn = () =>
      Buffer.concat(written)
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((each) => JSON.parse(each).id);
    open();
    while (idsIn().length < sent + 1) await new Promise(setImmediate);
    expect(new Set(idsIn())).toEqual(
      new Set([0, ...Array.from({ length: sent }, (_each, n) => n + 1)]),
    );
    expect(rest.echo.closes).toEqual([]);
  });

  test('is told no more news than it may be behind', async () => {
    const { stdout } = stuck();
    const { echo } = await connectWire(stdout);
    await new Promise(setImmediate);
    const data = 'x'.repeat(STDIO_BEHIND_BYTES_MAX / 8);
    for (let n = 0; n < 50; n += 1) {
      const params = { level: 'info', data } as const;
      await echo.servers[0]?.notification({ method: 'notifications/message', params });
    }
    expect(stdout.writableLength).toBeGreaterThan(STDIO_BEHIND_BYTES_MAX);
    expect(stdout.writableLength).toBeLessThan(1.5 * STDIO_BEHIND_BYTES_MAX);
  });

  test('is seen to leave all the same', async () => {
    const { stdout } = stuck();
    const { stdin, service, echo } = await connectWire(stdout, { endMs: 50, closeMs: 50 });
    for (let n = 1; n < 20; n += 1)
      stdin.write(line(call(n, 'whoami', { text: 'x'.repeat(50_000) })));
    stdin.end();
    await service.closed;
    expect(echo.closes).toEqual([CALLER]);
  });
});
