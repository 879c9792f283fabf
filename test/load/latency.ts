/** How long calls take while many MCP sessions make them at once. */

import { quantile } from '../rig/report.ts';
import { HttpCaller, type HttpTarget } from '../support/client/http-wire.ts';
import type { Args, Results, ToolName } from '../support/client/tools.ts';

/** Opens MCP sessions all at once, of each principal in turn. */
export async function openCallers(
  target: HttpTarget,
  tokens: readonly string[],
  count: number,
): Promise<readonly HttpCaller[]> {
  const opening = Array.from({ length: count }, (_, n) =>
    HttpCaller.open(target, tokens[n % tokens.length]),
  );
  return await Promise.all(opening);
}

/** Every MCP session makes its calls one after the other, all sessions at once; a fifth of the calls writes. */
export async function measureLatency(
  target: HttpTarget,
  tokens: readonly string[],
  { sessions, calls }: { readonly sessions: number; readonly calls: number },
) {
  const callers = await openCallers(target, tokens, sessions);
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(callers.map((caller) => callMany(caller, calls, times)));
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(callers.map((caller) => caller.close()));
  return {
    calls: times.length,
    medianMs: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    callsPerSecond: Math.round(times.length / seconds),
  };
}

async function callMany(caller: HttpCaller, calls: number, times: number[]): Promise<void> {
  const timed = async <T extends ToolName>(tool: T, args: Args = {}): Promise<Results[T]> => {
    const began = performance.now();
    const result = await caller.call(tool, args);
    times.push(performance.now() - began);
    return result;
  };
  const sessionId = (await timed('create_session')).session.id;
  const reads: readonly (readonly [ToolName, Args])[] = [
    ['get_session', { sessionId }],
    ['read_events', { sessionId }],
    ['list_sessions', { limit: 10 }],
    ['get_metrics', { sessionId }],
  ];
  for (let n = 1; n < calls; n += 1) {
    const [tool, args] = reads[n % reads.length] ?? ['get_metrics', {}];
    if (n % 5 === 0) await timed('link_task', { sessionId, taskId: `t-${n}` });
    else await timed(tool, args);
  }
}
