/**
 * What a session is doing on this server, in one explicit phase, and the one function that changes it. Pure: the session's
 * object carries out the actions, and reports what comes of them as further events.
 */

import type { Claim } from '../store/store.ts';

export type Phase =
  | { readonly is: 'absent' }
  /** A turn has been claimed, and what ran before under an earlier lease may still be there. */
  | {
      readonly is: 'claimed';
      readonly claim: Claim;
      readonly isUnwanted?: boolean;
      readonly isStopped?: boolean;
    }
  /** The claimed turn's prompt has not been handed to Claude yet: the process starts, or is looked at. */
  | {
      readonly is: 'starting';
      readonly claim: Claim;
      readonly isUnwanted?: boolean;
      readonly hasExited?: boolean;
    }
  /** Claude is at a turn, or the end of one is being written. */
  | {
      readonly is: 'running';
      readonly turnId: string;
      readonly hasEnded?: boolean;
      readonly hasExited?: boolean;
    }
  /** The process waits for a prompt. `since` is on the monotonic clock. */
  | { readonly is: 'warm'; readonly since: number }
  /** The process is being ended and the lease given back. */
  | {
      readonly is: 'stopping';
      /** The turn that Claude is at. */
      readonly turnId?: string;
      /** The turn that Claude was not handed, until the log says what became of it. */
      readonly unsent?: Unsent;
      /** What was claimed meanwhile. */
      readonly next?: Claim;
    };

export type Unsent = { readonly turnId: string; readonly isUnwanted?: boolean };

export type PhaseEvent =
  /** `isSameLease`: under the lease of the process that is there. */
  | { readonly type: 'claimed'; readonly claim: Claim; readonly isSameLease: boolean }
  /** Nothing is left of what ran before, or that cannot be had before the server stops. */
  | { readonly type: 'placed' | 'unplaced'; readonly claim: Claim }
  /** The prompt may be handed over. */
  | { readonly type: 'ready' }
  /** The process could not be started, or that could not be written down. */
  | { readonly type: 'failed' | 'unrecorded'; readonly error: unknown }
  /** The turn is to be stopped. */
  | { readonly type: 'interrupt'; readonly turnId: string }
  /** Claude has begun a turn of its own. */
  | { readonly type: 'woken'; readonly turnId: string }
  /** `isBroken`: the process is of no use for another turn. */
  | { readonly type: 'ended'; readonly turnId: string; readonly isBroken: boolean }
  /** The log has the end of the turn. */
  | { readonly type: 'written'; readonly turnId: string; readonly at: number }
  | { readonly type: 'exited' }
  | { readonly type: 'stop' }
  /** The log has what became of the turn that was not handed over. */
  | { readonly type: 'settled' }
  /** The process is gone and the lease given back. */
  | { readonly type: 'gone' };

export type Action =
  /** Wait until nothing is left of an earlier process; report `placed` or `unplaced`. */
  | { readonly do: 'place'; readonly claim: Claim }
  /** Have a process that knows the whole conversation; report `ready`, `failed` or `unrecorded`. */
  | { readonly do: 'prepare'; readonly claim: Claim }
  | { readonly do: 'prompt'; readonly claim: Claim }
  /** Write that the turn was interrupted before Claude got it. */
  | { readonly do: 'end_unsent'; readonly claim: Claim }
  | { readonly do: 'fail'; readonly claim: Claim; readonly error: unknown }
  | { readonly do: 'give_up'; readonly claim: Claim; readonly error: unknown }
  /** The turn of Claude's own is one by itself, or is told as part of the turn at hand. */
  | { readonly do: 'begin' | 'fold'; readonly turnId: string }
  /** The process is free for another turn. */
  | { readonly do: 'rest' }
  /** End the process, settle the log, give the lease back; report `settled`, then `gone`. */
  | { readonly do: 'close' };

export type Step = { readonly phase: Phase; readonly actions: readonly Action[] };

export const ABSENT: Phase = { is: 'absent' };

/** The phase after an event, and what is to be done now. An event that has come too late changes nothing. */
export function next(phase: Phase, event: PhaseEvent): Step {
  if (event.type === 'claimed') return claimed(phase, event.claim, event.isSameLease);
  switch (phase.is) {
    case 'absent':
      return stay(phase);
    case 'claimed':
      return whenClaimed(phase, event);
    case 'starting':
      return whenStarting(phase, event);
    case 'running':
      return whenRunning(phase, event);
    case 'warm':
      return whenWarm(phase, event);
    case 'stopping':
      return whenStopping(phase, event);
  }
}

type Of<Is extends Phase['is']> = Extract<Phase, { is: Is }>;
type Event = Exclude<PhaseEvent, { type: 'claimed' }>;

function claimed(phase: Phase, claim: Claim, isSameLease: boolean): Step {
  const isFree = phase.is === 'warm' || (phase.is === 'running' && phase.hasEnded);
  switch (phase.is) {
    case 'absent':
    case 'claimed':
      return to({ is: 'claimed', claim }, { do: 'place', claim });
    case 'stopping':
      return stay({ ...phase, next: claim });
    case 'starting':
    case 'running':
    case 'warm':
      if (!isFree || !isSameLease) return stop(phase, claim);
      return to({ is: 'starting', claim }, { do: 'prepare', claim });
  }
}

function whenClaimed(phase: Of<'claimed'>, event: Event): Step {
  const { claim, isUnwanted } = phase;
  if (event.type === 'interrupt' && event.turnId === claim.turn.id) {
    return stay({ ...phase, isUnwanted: true });
  }
  if (event.type === 'stop') return stay({ ...phase, isStopped: true });
  if (event.type === 'unplaced' && event.claim === claim) return stay(ABSENT);
  if (event.type !== 'placed' || event.claim !== claim) return stay(phase);
  const starting: Phase = { is: 'starting', claim, isUnwanted };
  return phase.isStopped ? stop(starting) : to(starting, { do: 'prepare', claim });
}

function whenStarting(phase: Of<'starting'>, event: Event): Step {
  const { claim, isUnwanted, hasExited } = phase;
  const turnId = claim.turn.id;
  if (event.type === 'interrupt' && event.turnId === turnId) {
    return stay({ ...phase, isUnwanted: true });
  }
  // The runner ends the turn of a prompt that comes too late.
  if (event.type === 'exited') return stay({ ...phase, hasExited: true });
  if (event.type === 'woken') return to(phase, { do: 'fold', turnId: event.turnId });
  if (event.type === 'ready') {
    const action: Action = isUnwanted ? { do: 'end_unsent', claim } : { do: 'prompt', claim };
    return to({ is: 'running', turnId, hasExited }, action);
  }

  if (event.type === 'failed') {
    return to({ is: 'stopping' }, { do: 'fail', claim, error: event.error }, CLOSE);
  }
  if (event.type === 'unrecorded') {
    return to({ is: 'stopping' }, { do: 'give_up', claim, error: event.error }, CLOSE);
  }
  return event.type === 'stop' ? stop(phase) : stay(phase);
}

function whenRunning(phase: Of<'running'>, event: Event): Step {
  const { turnId, hasEnded, hasExited } = phase;
  switch (event.type) {
    case 'woken':
      if (!hasEnded) return to(phase, { do: 'fold', turnId: event.turnId });
      return begin(phase, event.turnId);
    case 'ended':
      if (event.turnId !== turnId) return stay(phase);
      if (event.isBroken || hasExited) return stop({ ...phase, hasEnded: true });
      return stay({ ...phase, hasEnded: true });
    case 'written':
      if (!hasEnded || event.turnId !== turnId) return stay(phase);
      return to({ is: 'warm', since: event.at }, { do: 'rest' });
    case 'exited':
    case 'stop':
      return stop(phase);
    case 'placed':
    case 'unplaced':
    case 'ready':
    case 'failed':
    case 'unrecorded':
    case 'interrupt':
    case 'settled':
    case 'gone':
      return stay(phase);
  }
}

function whenWarm(phase: Of<'warm'>, event: Event): Step {
  if (event.type === 'woken') return begin({ is: 'running', turnId: event.turnId }, event.turnId);
  return event.type === 'exited' || event.type === 'stop' ? stop(phase) : stay(phase);
}

function whenStopping(phase: Of<'stopping'>, event: Event): Step {
  const { turnId, unsent } = phase;
  switch (event.type) {
    case 'woken':
      if (turnId !== undefined || unsent !== undefined) {
        return to(phase, { do: 'fold', turnId: event.turnId });
      }
      return begin(phase, event.turnId);
    case 'ended':
      return stay(event.turnId === turnId ? { ...phase, turnId: undefined } : phase);
    case 'interrupt':
      if (event.turnId !== unsent?.turnId) return stay(phase);
      return stay({ ...phase, unsent: { ...unsent, isUnwanted: true } });
    case 'settled':
      return stay({ ...phase, unsent: undefined });
    case 'gone':
      return phase.next ? claimed(ABSENT, phase.next, false) : stay(ABSENT);
    case 'placed':
    case 'unplaced':
    case 'ready':
    case 'failed':
    case 'unrecorded':
    case 'written':
    case 'exited':
    case 'stop':
      return stay(phase);
  }
}

const CLOSE: Action = { do: 'close' };

/** @param claim what comes next here, if something has been claimed already */
function stop(phase: Of<'starting' | 'running' | 'warm'>, claim?: Claim): Step {
  return to({ is: 'stopping', ...leftBy(phase), next: claim }, CLOSE);
}

function leftBy(
  phase: Of<'starting' | 'running' | 'warm'>,
): Pick<Of<'stopping'>, 'turnId' | 'unsent'> {
  switch (phase.is) {
    case 'starting':
      return { unsent: { turnId: phase.claim.turn.id, isUnwanted: phase.isUnwanted } };
    case 'running':
      return phase.hasEnded ? {} : { turnId: phase.turnId };
    case 'warm':
      return {};
  }
}

function begin(phase: Of<'running' | 'stopping'>, turnId: string): Step {
  const action: Action = { do: 'begin', turnId };
  return phase.is === 'running'
    ? to({ is: 'running', turnId }, action)
    : to({ ...phase, turnId }, action);
}

function stay(phase: Phase): Step {
  return { phase, actions: [] };
}

function to(phase: Phase, ...actions: readonly Action[]): Step {
  return { phase, actions };
}

/** The turn that is claimed or runs, if one is. */
export function turnOf(phase: Phase): string | undefined {
  switch (phase.is) {
    case 'claimed':
    case 'starting':
      return phase.claim.turn.id;
    case 'running':
      return phase.hasEnded ? undefined : phase.turnId;
    case 'stopping':
      return phase.turnId ?? phase.unsent?.turnId;
    case 'absent':
    case 'warm':
      return undefined;
  }
}
