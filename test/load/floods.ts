/**
 * What a hostile client can do without a valid call: initialize without end, connect without asking, send very wide
 * JSON, never read an answer.
 */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTP_SESSION_UNUSED_MS, HTTP_SWEEP_MS } from '../../src/connection-limits.ts';
import { whileMeasured } from '../rig/memory.ts';
import { type Counts, count } from '../rig/report.ts';
import { inTurns } from '../rig/run.ts';
import { send } from '../support/client/http-wire.ts';
import { INITIALIZE, line } from '../support/client/messages.ts';
import type { HttpProgram } from '../support/client/place.ts';
import type { Program } from '../support/client/program.ts';

const WIDTH = 32;
const ELEMENTS = 1_000_000;
/** With nothing taken for this long, no more will be. */
const BLOCKED_MS = 2000;
const PIECE_REQUESTS = 100;

/** Opens MCP sessions that nobody uses, and waits until they are gone. Counts the answers by status. */
export function floodInitialize(target: HttpProgram, tokens: readonly string[], times: number) {
  const run = async () => {
    const statuses: Counts = {};
    await inTurns(times, WIDTH, async (n) => {
      const token = tokens[n % tokens.length];
      count(statuses, `${(await send(target, { token, body: INITIALIZE })).status}`);
    });
    return statuses;
  };
  const settle = () => sleep(times > 0 ? HTTP_SESSION_UNUSED_MS + HTTP_SWEEP_MS : 0);
  return whileMeasured(target.pid, run, settle);
}

/** Opens connections that send the beginning of a request and no more, and waits until the server has closed them. */
export function floodHalfOpen(target: HttpProgram, connections: number) {
  const began = performance.now();
  const gone: Promise<unknown>[] = [];
  const result = { connections, closedAfterMs: 0, pingMs: 0 };
  const run = async () => {
    await inTurns(connections, WIDTH, async () => {
      const socket = connect(target.port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      gone.push(new Promise((resolve) => socket.once('close', resolve)));
      await once(socket, 'connect');
      socket.write('POST /mcp HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    });
    // An ordinary request meanwhile.
    const asked = performance.now();
    await send(target, { token: null, body: {} });
    result.pingMs = Math.round(performance.now() - asked);
    return result;
  };
  const settle = async () => {
    await Promise.all(gone);
    result.closedAfterMs = Math.round(performance.now() - began);
  };
  return whileMeasured(target.pid, run, settle);
}

/** Sends one message of two megabytes with a million elements. */
export function sendWide(target: HttpProgram, token: string | undefined) {
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sessions","arguments":{"a":[${'0,'.repeat(ELEMENTS - 1)}0]}}}`;
  return whileMeasured(target.pid, async () => {
    const began = performance.now();
    const { status } = await send(target, { token, body });
    return { bytes: body.length, status, answeredAfterMs: Math.round(performance.now() - began) };
  });
}

/**
 * Asks on standard input, up to `requests` times, and never reads an answer. Returns how many requests the server took
 * before it read no further.
 */
export async function floodDeaf({ child, pid }: Program, requests: number) {
  child.stdin.write(line(INITIALIZE));
  await once(child.stdout, 'data');
  child.stdout.pause();
  const run = async () => {
    let taken = 0;
    for (let isTaken = true; isTaken && taken < requests; taken += PIECE_REQUESTS) {
      const piece = Array.from({ length: PIECE_REQUESTS }, (_, n) =>
        line({ jsonrpc: '2.0', id: taken + n + 1, method: 'tools/list' }),
      );
      if (child.stdin.write(piece.join(''))) continue;
      isTaken = await Promise.race([
        once(child.stdin, 'drain').then(() => true),
        sleep(BLOCKED_MS).then(() => false),
      ]);
    }
    return taken;
  };
  const { memoryMib, result: taken } = await whileMeasured(pid, run);
  const stopping = performance.now();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  const stoppedAfterMs = Math.round(performance.now() - stopping);
  child.stdout.destroy();
  return { memoryMib, code, result: { taken, stoppedAfterMs } };
}
