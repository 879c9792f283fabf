/** A server on two streams for one test, and bytes that no well-behaved client would send. */

import { EventEmitter, once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { MESSAGE_BYTES_MAX } from '../../src/limits.ts';
import { loggerTo } from '../../src/log.ts';
import { LineSplitter } from '../../src/transport/line-splitter.ts';
import { type StdioTimes, serveStdio } from '../../src/transport/stdio.ts';
import { EchoConnections } from './echo.ts';
import { INITIALIZE } from './http-service.ts';

export const CALLER = { principal: 'local', mcpSessionId: 'stdio_1' };
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
export const PING = { jsonrpc: '2.0', id: 'after', method: 'ping' };

/** Past the time of any test, so that nothing ends by itself; a stop is short. */
const TIMES: StdioTimes = { endMs: 600_000, closeMs: 50 };

export type Message = { id?: unknown; method?: string; result?: object; error?: object };

/** A server on two streams, past its `initialize`. */
export async function connectWire(stdout: Writable = new PassThrough(), times = TIMES) {
  const echo = new EchoConnections();
  const stdin = new PassThrough();
  const log = loggerTo({ write: () => {} }, 'silent');
  const service = serveStdio({ connections: echo, caller: CALLER, stdin, stdout, log, times });
  onTestFinished(() => service.close());
  const seen: Message[] = [];
  const arrivals = new EventEmitter();
  if (stdout instanceof PassThrough) {
    const splitter = new LineSplitter(2 * MESSAGE_BYTES_MAX);
    stdout.on('data', (chunk: Buffer) => {
      seen.push(...splitter.push(chunk).map((each) => JSON.parse(String(each))));
      arrivals.emit('some');
    });
  }
  const write = (...messages: readonly unknown[]) => {
    stdin.write(messages.map((each) => `${JSON.stringify(each)}\n`).join(''));
  };
  const until = async (holds: () => boolean) => {
    while (!holds()) await once(arrivals, 'some');
  };
  const answerTo = async (id: unknown) => {
    await until(() => seen.some((each) => each.id === id));
    return seen.find((each) => each.id === id);
  };
  /** What was answered to these bytes: all that came before the answer to a ping sent after them. */
  const answersTo = async (bytes: string | Buffer) => {
    seen.length = 0;
    stdin.write(bytes);
    write(PING);
    await answerTo('after');
    return seen.filter(({ id }) => id !== 'after');
  };
  write(INITIALIZE, INITIALIZED);
  if (stdout instanceof PassThrough) await answerTo(0);
  return { echo, service, stdin, stdout, seen, write, until, answerTo, answersTo };
}

/** One frame. */
export const line = (value: unknown) => `${JSON.stringify(value)}\n`;
