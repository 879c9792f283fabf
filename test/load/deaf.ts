/** A client on standard input that asks and asks, and never reads an answer. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN } from '../support/built.ts';
import { type MemoryMib, whileMeasured } from './memory.ts';

/** With nothing taken for so long, no more will be. */
const BLOCKED_MS = 2000;
const PIECE_REQUESTS = 100;

export type Deaf = {
  readonly memoryMib: MemoryMib;
  /** Requests that the server took before it read no further. */
  readonly taken: number;
  readonly stoppedAfterMs: number;
  readonly code: number | null;
};

export async function floodDeaf(flags: readonly string[], requests: number): Promise<Deaf> {
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'exit') as Promise<[number | null]>;
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
  await once(child.stdout, 'data');
  child.stdout.pause();
  let taken = 0;
  const run = async () => {
    for (let isTaken = true; isTaken && taken < requests; taken += PIECE_REQUESTS) {
      const piece = Array.from({ length: PIECE_REQUESTS }, (_, n) => listTools(taken + n + 1));
      if (child.stdin.write(piece.join(''))) continue;
      isTaken = await Promise.race([
        once(child.stdin, 'drain').then(() => true),
        sleep(BLOCKED_MS).then(() => false),
      ]);
    }
  };
  const memoryMib = await whileMeasured(child.pid ?? 0, run);
  const stopping = performance.now();
  child.kill('SIGTERM');
  const [code] = await closed;
  child.stdout.destroy();
  return { memoryMib, taken, stoppedAfterMs: Math.round(performance.now() - stopping), code };
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'deaf', version: '1' },
  },
};

function listTools(id: number): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list' })}\n`;
}
