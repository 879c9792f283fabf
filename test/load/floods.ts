/** What a hostile client can do without a valid call: initialize without end, connect without asking, send very wide JSON. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTP_SESSION_UNUSED_MS, HTTP_SWEEP_MS } from '../../src/limits.ts';
import { type MemoryMib, whileMeasured } from './memory.ts';
import { inTurns, type Wire } from './wire.ts';

const WIDTH = 32;
const ELEMENTS = 1_000_000;

export type Target = {
  readonly wire: Wire;
  readonly pid: number;
  readonly tokens: readonly string[];
};

export type InitializeFlood = {
  readonly memoryMib: MemoryMib;
  /** How many were answered how. */
  readonly statuses: Readonly<Record<string, number>>;
};

/** Opens MCP sessions that nobody uses, and waits until they are gone. */
export async function floodInitialize(
  { wire, pid, tokens }: Target,
  count: number,
): Promise<InitializeFlood> {
  const statuses: Record<string, number> = {};
  const run = () =>
    inTurns(count, WIDTH, async (n) => {
      const { status } = await wire.initialize(tokens[n % tokens.length] ?? '');
      statuses[status] = (statuses[status] ?? 0) + 1;
    });
  const settle = async () => {
    if (count > 0) await sleep(HTTP_SESSION_UNUSED_MS + HTTP_SWEEP_MS);
  };
  const memoryMib = await whileMeasured(pid, run, settle);
  return { memoryMib, statuses };
}

export type HalfOpenFlood = {
  readonly memoryMib: MemoryMib;
  readonly connections: number;
  /** From the first connection until the last was closed by the server. */
  readonly closedAfterMs: number;
  /** The slowest ordinary request meanwhile. */
  readonly slowestPingMs: number;
};

/** Connections that send the beginning of a request and no more. */
export async function floodHalfOpen(target: Target, count: number): Promise<HalfOpenFlood> {
  const { wire, pid } = target;
  const began = performance.now();
  let closedAfterMs = 0;
  let slowestPingMs = 0;
  const sockets: Socket[] = [];
  const gone: Promise<unknown>[] = [];
  const run = async () => {
    await inTurns(count, WIDTH, async () => {
      const socket = connect(Number(wire.url.port), wire.url.hostname)
        .on('error', () => {})
        .resume();
      gone.push(new Promise((resolve) => socket.once('close', resolve)));
      sockets.push(socket);
      await once(socket, 'connect');
      socket.write('POST /mcp HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    });
    slowestPingMs = (await wire.send({ token: 'none', body: {} })).ms;
  };
  const settle = async () => {
    await Promise.all(gone);
    closedAfterMs = performance.now() - began;
  };
  const memoryMib = await whileMeasured(pid, run, settle);
  return { memoryMib, connections: sockets.length, closedAfterMs, slowestPingMs };
}

export type WideMessage = {
  readonly memoryMib: MemoryMib;
  readonly bytes: number;
  readonly status: number;
  readonly answeredAfterMs: number;
};

/** One message of two megabytes with a million elements. */
export async function sendWide({ wire, pid, tokens }: Target): Promise<WideMessage> {
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sessions","arguments":{"a":[${'0,'.repeat(ELEMENTS - 1)}0]}}}`;
  let status = 0;
  let answeredAfterMs = 0;
  const memoryMib = await whileMeasured(pid, async () => {
    const answer = await wire.send({ token: tokens[0] ?? '', body });
    status = answer.status;
    answeredAfterMs = answer.ms;
  });
  return { memoryMib, bytes: body.length, status, answeredAfterMs };
}
