/** Starts a session's process with the options that are allowed now, and the conversation to continue. */

import { SessionError } from '../errors.ts';
import { inTime } from '../looks.ts';
import { LOOK_MS_MAX } from '../process-limits.ts';
import type { Run, RunListener, Runner, RunSpec } from '../runner/runner.ts';
import type { OutputSchema } from '../session/event.ts';
import type { SessionOptions } from '../session/options.ts';
import { type Past, pastOf } from '../session/past.ts';
import { type Session, uuidOf } from '../session/session.ts';
import { isAbove } from '../session/trust.ts';
import { optionsNow } from '../session/update.ts';
import { roundUsd } from '../session/usage.ts';
import type { Fence, Store } from '../store/store.ts';
import type { Parts } from './core.ts';
import { optionsToRun, type Policy } from './policy.ts';
import { untrustedAbove } from './trust.ts';
import { trustNotice } from './trust-notice.ts';

export type StartDeps = Policy &
  Pick<Parts, 'store' | 'newId'> & {
    readonly runner: Runner;
    /** The lease that the process belongs to. */
    readonly fence: Fence;
    /** Of the prompt that it is started for. */
    readonly outputSchema: OutputSchema | undefined;
    /** Aborts the start. */
    readonly signal: AbortSignal;
  };

/**
 * The marker of the process is durable before it starts: whoever takes the session over from a server that dies meanwhile
 * finds the process by it.
 *
 * @throws StaleFenceError, SessionError UNAVAILABLE, or LIMIT_EXCEEDED if the session's budget is used up
 */
export async function startRun(
  session: Session,
  listener: RunListener,
  deps: StartDeps,
): Promise<Run> {
  const { store, runner, newId, fence, outputSchema, signal } = deps;
  const { options, notice, above } = await inTime(startOptions(session, deps), LOOK_MS_MAX, signal);
  const spec = {
    uuid: uuidOf(session.id),
    options,
    untrustedAbove: above,
    name: session.name,
    outputSchema,
    remembered: await store.remembered(session.id),
    ...(await lineageOf(session, store)),
    marker: newId(),
    signal,
  };
  await store.note(fence, { starting: spec.marker });
  const run = await runner.start(spec, listener);
  if (notice !== undefined) listener.output(notice);
  return run;
}

async function startOptions(session: Session, deps: StartDeps) {
  const { options, allowed } = await optionsToRun(session, withinBudget(session), deps);
  const { workingDirectory, settings = 'none' } = options;
  const above = isAbove(settings, 'memory')
    ? await untrustedAbove(workingDirectory, session.principal, deps)
    : undefined;
  return { options, notice: await trustNotice(session, options, allowed), above };
}

/** Each process of Claude Code counts its budget from zero, so the cost so far is deducted. */
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
    {
      hint: 'update_session raises it; a session made with fork_session or create_session has a new one.',
      retryable: false,
    },
  );
}

type Lineage = Pick<RunSpec, 'past' | 'forkOf'>;

/** Which conversation to continue: its own once Claude has answered in it; before that, a fork branches off its origin's. */
async function lineageOf(session: Session, store: Pick<Store, 'session'>): Promise<Lineage> {
  const past = pastOf(session);
  if (past === 'answered' || session.forkOf === undefined) return { past };
  const origin = await originOf(session, session.forkOf.sessionId, store);
  const known = origin.past ?? past;
  return { forkOf: uuidOf(origin.id), past: known };
}

/** A fork in which Claude never answered has the conversation of its own origin. */
async function originOf(
  { principal }: Session,
  id: string,
  store: Pick<Store, 'session'>,
): Promise<{ readonly id: string; readonly past?: Past }> {
  const origin = await store.session(principal, id);
  // Its log has been deleted. Almost always there was something to fork.
  if (origin === undefined) return { id, past: 'answered' };
  const past = pastOf(origin);
  if (past !== 'answered' && origin.forkOf !== undefined) {
    return originOf(origin, origin.forkOf.sessionId, store);
  }
  return { id, past };
}
