/** The six calls that are measured, and how: one after the other for the latency, 32 at once for the rate. */

import { quantile } from './figures.ts';
import { type Side, timed } from './rounds.ts';
import type { RpcProcess } from './rpc.ts';
import type { Scale } from './scale.ts';
import { LOGGED_EVENTS, sessionId } from './stores.ts';

export type Caller = Pick<RpcProcess, 'post'>;
/** The n-th call of its kind, counting from 1. */
export type Call = (server: Caller, n: number) => Promise<unknown>;

const IN_FLIGHT = 32;
export const EVENTS_READ = 20;

/** Spread over the first `sessions` of a store. */
export function readCalls(sessions: number): Readonly<Record<string, Call>> {
  const target = (n: number) => ({ sessionId: sessionId(1 + (n % sessions)) });
  const after = LOGGED_EVENTS - EVENTS_READ;
  return {
    get_session: (server, n) => server.post('get_session', target(n)),
    get_metrics: (server) => server.post('get_metrics', {}),
    read_events: (server, n) =>
      server.post('read_events', { ...target(n), after, limit: EVENTS_READ }),
  };
}

export function writeCalls(sessions: number): Readonly<Record<string, Call>> {
  const target = (n: number) => ({ sessionId: sessionId(1 + (n % sessions)) });
  return {
    create_session: (server) => server.post('create_session', {}),
    link_task: (server, n) => server.post('link_task', { ...target(n), taskId: `TASK-${n}` }),
    send_prompt: (server, n) => server.post('send_prompt', { ...target(n), prompt: PROMPT }),
  };
}

const PROMPT =
  'The test of the parser fails since yesterday. Find out why, mend it, and run all tests.';

export const callNothing: Call = (server) => server.post('nothing', {});

/** Measures one kind of call; it counts on from round to round. */
export function callSide(
  server: Caller,
  call: Call,
  scale: Scale,
): Side<'latencyMs' | 'perSecond'> {
  let n = 0;
  const next = () => call(server, ++n);
  return async (round) => {
    if (round < 0) await inFlight(IN_FLIGHT, scale.burst * scale.warmUp, next);
    const latencies: number[] = [];
    for (let at = 0; at < scale.calls; at++) latencies.push(await timed(next));
    const ms = await timed(() => inFlight(IN_FLIGHT, scale.burst, next));
    return { latencyMs: quantile(latencies, 0.5), perSecond: (scale.burst / ms) * 1000 };
  };
}

/** Does `count` pieces of work, `width` of them at a time. */
export async function inFlight(
  width: number,
  count: number,
  work: (at: number) => Promise<unknown>,
): Promise<void> {
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < count) await work(begun++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
