/** How long calls take while many MCP sessions make them at once. */

import { Caller, type Wire } from './wire.ts';

export type Latency = {
  readonly calls: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly callsPerSecond: number;
};

type Made = { readonly session: { readonly id: string } };

/** Every MCP session makes its calls one after the other, all sessions at once; a fifth of the calls writes. */
export async function measureLatency(
  wire: Wire,
  tokens: readonly string[],
  { sessions, calls }: { readonly sessions: number; readonly calls: number },
): Promise<Latency> {
  const opening = Array.from({ length: sessions }, (_, n) =>
    Caller.open(wire, tokens[n % tokens.length] ?? ''),
  );
  const callers = await Promise.all(opening);
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(callers.map((caller) => callMany(caller, calls, times)));
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(callers.map((caller) => caller.close()));
  times.sort((a, b) => a - b);
  return {
    calls: times.length,
    medianMs: at(times, 0.5),
    p99Ms: at(times, 0.99),
    callsPerSecond: Math.round(times.length / seconds),
  };
}

/** Opens so many MCP sessions with a stream of changes each; how many there are. */
export async function openStreams(
  wire: Wire,
  tokens: readonly string[],
  count: number,
): Promise<number> {
  const opening = Array.from({ length: count }, async (_, n) => {
    const caller = await Caller.open(wire, tokens[n % tokens.length] ?? '');
    return caller.stream();
  });
  return (await Promise.all(opening)).filter((status) => status === 200).length;
}

async function callMany(caller: Caller, calls: number, times: number[]): Promise<void> {
  const made = await caller.call<Made>('create_session');
  const sessionId = made.data.session.id;
  times.push(made.ms);
  const round = [
    ['get_session', { sessionId }],
    ['read_events', { sessionId }],
    ['list_sessions', { limit: 10 }],
    ['get_metrics', { sessionId }],
  ] as const;
  for (let n = 1; n < calls; n += 1) {
    const writes = n % 5 === 0;
    const [tool, args] = writes
      ? (['link_task', { sessionId, taskId: `t-${n}` }] as const)
      : (round[n % round.length] ?? round[0]);
    times.push((await caller.call(tool, args)).ms);
  }
}

function at(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
}
