/** MCP on standard input and output: one client, one caller, both protocol eras. */

import type { Readable, Writable } from 'node:stream';
import type { McpServerFactory, Server } from '@modelcontextprotocol/server';
import { serveStdio as serveSdkStdio } from '@modelcontextprotocol/server/stdio';
import {
  CLOSE_ANSWERS_MS_MAX,
  LISTEN_STREAMS_MAX,
  STDIO_LAST_ANSWERS_MS_MAX,
} from '../../connection-limits.ts';
import type { Logger } from '../../log.ts';
import type { Caller } from '../../service/caller.ts';
import { type Connections, kindOf } from '../connections.ts';
import { StdioTransport } from './transport.ts';

export type StdioOptions = {
  readonly connections: Connections;
  /** The one caller of this process. */
  readonly caller: Caller;
  readonly stdin: Readable;
  /** Nothing else may write to it. */
  readonly stdout: Writable;
  readonly log: Logger;
  readonly times?: StdioTimes;
};

/** The time to answer the calls that were read. */
export type StdioTimes = {
  /** After the end of the input. */
  readonly endMs: number;
  /** After `close`. */
  readonly closeMs: number;
};

const TIMES: StdioTimes = { endMs: STDIO_LAST_ANSWERS_MS_MAX, closeMs: CLOSE_ANSWERS_MS_MAX };

export type StdioService = {
  /** Resolves when the client has its answers after the end of its input, when it has gone, or after `close`. */
  readonly closed: Promise<void>;
  /** Stops reading, answers what was read, and ends the connection. May be called again. */
  close(): Promise<void>;
};

/** Serves until the input has ended and was answered. Leaves both streams open and the process running. */
export function serveStdio(options: StdioOptions): StdioService {
  const { connections, caller, stdin, stdout, log, times = TIMES } = options;
  const transport = new StdioTransport(stdin, stdout);
  const ending = new AbortController();
  connections.opened(caller);
  // Called again if a client asks for the newest revision first and then falls back: same caller, new instance.
  const create: McpServerFactory = ({ era }) =>
    era === 'modern'
      ? announcing(options, ending.signal)
      : connections.createServer(caller, ending.signal);
  const timeUp = Promise.withResolvers<void>();
  const handle = serveSdkStdio(create, {
    transport,
    maxSubscriptions: LISTEN_STREAMS_MAX,
    onerror: troubleLog(log),
  });
  const finish = async (): Promise<void> => {
    ending.abort();
    const timer = setTimeout(timeUp.resolve, times.endMs);
    try {
      await Promise.race([transport.answered, timeUp.promise]);
      // Answers the streams of changes.
      await handle.close();
      await Promise.race([transport.flushed(), timeUp.promise]);
    } finally {
      clearTimeout(timer);
      connections.closed(caller);
    }
  };
  const closed = transport.inputEnded
    .then(finish)
    .catch((err: unknown) => log.error({ err }, 'the connection did not end in order'));
  const close = async (): Promise<void> => {
    transport.endInput();
    const timer = setTimeout(timeUp.resolve, times.closeMs);
    await closed;
    clearTimeout(timer);
  };
  return { closed, close };
}

/** A server that notifies of all changes; the SDK drops what its client did not ask for. */
function announcing({ connections, caller, log }: StdioOptions, ending: AbortSignal): Server {
  const server = connections.createServer(caller, ending);
  const stop = connections.follow(caller, (event) => {
    const sent =
      event.kind === 'updated'
        ? server.sendResourceUpdated({ uri: event.uri })
        : server.sendResourceListChanged();
    sent.catch((error: Error) => log.debug(kindOf(error), 'client could not be notified'));
  });
  const { onclose } = server;
  server.onclose = () => {
    stop();
    onclose?.();
  };
  return server;
}

/** Logs the first error at warn and the others at debug, so that a client cannot fill the log. */
function troubleLog(log: Logger): (error: Error) => void {
  let level: 'warn' | 'debug' = 'warn';
  return (error) => {
    log[level](kindOf(error), 'stdio error');
    level = 'debug';
  };
}
