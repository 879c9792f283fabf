/** MCP on standard input and output: one client, one caller, both protocol eras. */

import type { Readable, Writable } from 'node:stream';
import type { McpServerFactory, Server } from '@modelcontextprotocol/server';
import { serveStdio as serveSdkStdio } from '@modelcontextprotocol/server/stdio';
import { LISTEN_STREAMS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import { type Connections, kindOf } from './connections.ts';
import { StdioTransport } from './stdio-transport.ts';

export type StdioOptions = {
  readonly connections: Connections;
  /** The one caller of this process. */
  readonly caller: Caller;
  readonly stdin: Readable;
  /** Nothing else may write to it. */
  readonly stdout: Writable;
  readonly log: Logger;
};

export type StdioService = {
  /** Resolves when the client is gone (end of input, broken pipe) or `close` was called; never rejects. */
  readonly closed: Promise<void>;
  /** Ends the connection; requests under way are aborted. May be called again. */
  close(): Promise<void>;
};

/** Serves until the input ends. Leaves both streams open and the process running. */
export function serveStdio(options: StdioOptions): StdioService {
  const { connections, caller, stdin, stdout, log } = options;
  const transport = new StdioTransport(stdin, stdout);
  const closed = transport.closed.then(() => connections.closed(caller));
  connections.opened(caller);
  // Called again where a client asks for the newest revision first and then falls back: same caller, new instance.
  const create: McpServerFactory = ({ era }) =>
    era === 'modern' ? announcing(options) : connections.createServer(caller);
  const handle = serveSdkStdio(create, {
    transport,
    maxSubscriptions: LISTEN_STREAMS_MAX,
    onerror: troubleLog(log),
  });
  const close = async () => {
    await handle.close();
    await closed;
  };
  return { closed, close };
}

/** A server that tells of all changes; what its client has not asked for is dropped on the way. */
function announcing({ connections, caller, log }: StdioOptions): Server {
  const server = connections.createServer(caller);
  const stop = connections.follow(caller, (event) => {
    const sent =
      event.kind === 'updated'
        ? server.sendResourceUpdated({ uri: event.uri })
        : server.sendResourceListChanged();
    sent.catch((error: Error) => log.debug(kindOf(error), 'the client could not be told'));
  });
  const { onclose } = server;
  server.onclose = () => {
    stop();
    onclose?.();
  };
  return server;
}

/** The first trouble is told aloud; a client that sends nothing else shall not fill the log. */
function troubleLog(log: Logger): (error: Error) => void {
  let level: 'warn' | 'debug' = 'warn';
  return (error) => {
    log[level](kindOf(error), 'trouble on standard input or output');
    level = 'debug';
  };
}
