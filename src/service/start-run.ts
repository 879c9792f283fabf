/** What a session's process is started with: its options as they may be now, and what the log knows of its past. */

import { SessionError } from '../errors.ts';
import { LOOK_MS_MAX } from '../limits.ts';
import { inTime } from '../looks.ts';
import type { Run, RunListener, Runner } from '../runner/runner.ts';
import type { SessionOptions } from '../session/event.ts';
import { optionsNow } from '../session/mode.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import { roundUsd } from '../session/usage.ts';
import type { Parts } from './core.ts';
import { lineageOf } from './lineage.ts';
import { optionsToRun, type Policy } from './policy.ts';

export type StartDeps = Policy &
  Pick<Parts, 'store' | 'newId'> & {
    readonly runner: Runner;
    /** Aborts the start. */
    readonly signal: AbortSignal;
  };

/** @throws SessionError UNAVAILABLE, or LIMIT_EXCEEDED if the session's budget is used up */
export async function startRun(
  session: Session,
  listener: RunListener,
  deps: StartDeps,
): Promise<Run> {
  const { store, runner, newId, signal } = deps;
  const allowed = optionsToRun(session.id, withinBudget(session), deps);
  const options = await inTime(allowed, LOOK_MS_MAX, signal);
  return runner.start(
    {
      uuid: session.id.slice(SESSION_ID_PREFIX.length),
      options,
      remembered: await store.remembered(session.id),
      ...(await lineageOf(session, store)),
      marker: newId(),
      signal,
    },
    listener,
  );
}

/** Claude Code counts a budget anew in each process; what the session has cost already is taken off. */
function withinBudget(session: Session): SessionOptions {
  const { id, usage } = session;
  const options = optionsNow(session);
  const { maxBudgetUsd } = options;
  if (maxBudgetUsd === undefined) return options;
  if (usage.costUsd < maxBudgetUsd) {
    return { ...options, maxBudgetUsd: roundUsd(maxBudgetUsd - usage.costUsd) };
  }
  throw new SessionError(
    'LIMIT_EXCEEDED',
    `session ${id} has used its budget of ${maxBudgetUsd} USD (maxBudgetUsd)`,
    { hint: 'fork_session or create_session begins with a new one.', retryable: false },
  );
}
