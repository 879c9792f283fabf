/** A server on two streams for one test, and bytes that no well-behaved client would send. */

import { PassThrough, type Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { type StdioTimes, serveStdio } from '../../src/transport/stdio/stdio.ts';
import { Changes } from '../support/changes.ts';
import { LineWire, type Message } from '../support/client/line-wire.ts';
import { INITIALIZE, INITIALIZED } from '../support/client/messages.ts';
import { EchoConnections } from './echo.ts';

export const CALLER = { principal: 'local', mcpSessionId: 'stdio_1' };
export const PING = { jsonrpc: '2.0', id: 'after', method: 'ping' };

/** Past the time of any test, so that nothing ends by itself; a stop is short. */
const TIMES: StdioTimes = { endMs: 600_000, closeMs: 50 };

/**
 * A server on two streams, past its `initialize`.
 *
 * @param stdout of a client that does not read as it should; nothing is seen of what goes there
 */
export async function connectWire(stdout?: Writable, times = TIMES) {
  const echo = new EchoConnections();
  const [stdin, readable] = [new PassThrough(), new PassThrough()];
  const service = serveStdio({
    connections: echo,
    caller: CALLER,
    stdin,
    stdout: stdout ?? readable,
    log: loggerTo({ write: () => {} }, 'silent'),
    times,
  });
  onTestFinished(() => service.close());
  const wire = new LineWire(stdin, readable);
  const write = (...messages: readonly object[]) => wire.write(...messages);
  const seen: Message[] = [];
  const arrivals = new Changes();
  wire.onLine = (bytes) => {
    seen.push(JSON.parse(bytes.toString()));
    arrivals.tell();
  };
  const until = (holds: () => boolean) => arrivals.until(holds);
  const answerTo = (id: unknown) => arrivals.find(() => seen.find((each) => each.id === id));
  /** What was answered to these bytes: all that came before the answer to a ping sent after them. */
  const answersTo = async (bytes: string | Buffer) => {
    seen.length = 0;
    stdin.write(bytes);
    write(PING);
    await answerTo('after');
    return seen.filter(({ id }) => id !== 'after');
  };
  write(INITIALIZE, INITIALIZED);
  if (stdout === undefined) await answerTo(0);
  return { echo, service, stdin, seen, write, until, answerTo, answersTo };
}
