/**
 * What a session is doing on this server, in one explicit phase, and the one function that changes it. Pure: the session's
 * object carries out the actions, and reports what comes of them as further events.
 */

import type { ProcessIdentity } from '../session/process.ts';
import type { Claim } from '../store/store.ts';

export type Phase =
  | { readonly is: 'absent' }
  | Claimed
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
      readonly next?: Claimed;
    };

/** A turn has been claimed, and what ran before under an earlier lease may still be there. */
type Claimed = {
  readonly is: 'claimed';
  readonly claim: Claim;
  readonly isUnwanted?: boolean;
  readonly isStopped?: boolean;
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
  /** The process is gone and the lease given back; or it may live on, as `leftover`, and the lease is kept. */
  | { readonly type: 'gone'; readonly leftover?: ProcessIdentity };

export type Action =
  /** Wait until nothing is left of an earlier process; report `placed` or `unplaced`. */
  | { readonly do: 'place'; readonly claim: Claim }
  /** Have a process that knows the whole conversation; report `ready`, `failed` or `unrecorded`. */
  | { readonly do: 'prepare'; readonly claim: Claim }
  /** Hand the prompt over, or write that the turn was interrupted before that. */
  | { readonly do: 'prompt' | 'end_unsent'; readonly claim: Claim }
  /** Write that the turn has failed, or that it waits again because nothing could be written down. */
  | { readonly do: 'fail' | 'give_up'; readonly claim: Claim; readonly error: unknown }
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
  // The entry is the one for this very phase and event, which the compiler does not follow.
  const row = TABLE[phase.is] as Readonly<Record<string, ((...of: unknown[]) => Step) | undefined>>;
  return row[event.type]?.(phase, event) ?? stay(phase);
}

type In<Is extends Phase['is']> = Extract<Phase, { is: Is }>;
type At<Type extends PhaseEvent['type']> = Extract<PhaseEvent, { type: Type }>;
type Table = {
  readonly [Is in Phase['is']]: {
    readonly [Type in PhaseEvent['type']]?: (phase: In<Is>, event: At<Type>) => Step;
  };
};

/** What each phase makes of what may happen in it. What is not here comes too late, or cannot come. */
const TABLE: Table = {
  absent: {
    claimed: (_phase, { claim }) => place(claim),
  },
  claimed: {
    claimed: (_phase, { claim }) => place(claim),
    interrupt: (phase, { turnId }) =>
      stay(turnId === phase.claim.turn.id ? { ...phase, isUnwanted: true } : phase),
    stop: (phase) => stay({ ...phase, isStopped: true }),
    unplaced: (phase, { claim }) => stay(claim === phase.claim ? ABSENT : phase),
    placed: (phase, { claim }) => {
      if (claim !== phase.claim) return stay(phase);
      const starting: In<'starting'> = { is: 'starting', claim, isUnwanted: phase.isUnwanted };
      return phase.isStopped ? stop(starting) : to(starting, { do: 'prepare', claim });
    },
  },
  starting: {
    claimed: (phase, { claim }) => stop(phase, claim),
    interrupt: (phase, { turnId }) =>
      stay(turnId === phase.claim.turn.id ? { ...phase, isUnwanted: true } : phase),
    // The runner ends the turn of a prompt that comes too late.
    exited: (phase) => stay({ ...phase, hasExited: true }),
    woken: (phase, { turnId }) => to(phase, { do: 'fold', turnId }),
    ready: ({ claim, isUnwanted, hasExited }) =>
      to(
        { is: 'running', turnId: claim.turn.id, hasExited },
        { do: isUnwanted ? 'end_unsent' : 'prompt', claim },
      ),
    failed: ({ claim }, { error }) =>
      to({ is: 'stopping' }, { do: 'fail', claim, error }, { do: 'close' }),
    unrecorded: ({ claim }, { error }) =>
      to({ is: 'stopping' }, { do: 'give_up', claim, error }, { do: 'close' }),
    stop: (phase) => stop(phase),
  },
  running: {
    claimed: (phase, { claim, isSameLease }) => {
      if (!isSameLease) return stop(phase, claim);
      if (phase.hasEnded) return prepare(claim);
      // Claude has woken after the claim was written, so the log does not have that turn.
      const { actions, ...starting } = prepare(claim);
      return { ...starting, actions: [{ do: 'fold', turnId: phase.turnId }, ...actions] };
    },
    woken: (phase, { turnId }) =>
      phase.hasEnded
        ? to({ is: 'running', turnId }, { do: 'begin', turnId })
        : to(phase, { do: 'fold', turnId }),
    ended: (phase, { turnId, isBroken }) => {
      if (turnId !== phase.turnId) return stay(phase);
      const after = { ...phase, hasEnded: true };
      return isBroken || phase.hasExited ? stop(after) : stay(after);
    },
    written: (phase, { turnId, at }) =>
      phase.hasEnded && turnId === phase.turnId
        ? to({ is: 'warm', since: at }, { do: 'rest' })
        : stay(phase),
    exited: (phase) => stop(phase),
    stop: (phase) => stop(phase),
  },
  warm: {
    claimed: (phase, { claim, isSameLease }) => (isSameLease ? prepare(claim) : stop(phase, claim)),
    woken: (_phase, { turnId }) => to({ is: 'running', turnId }, { do: 'begin', turnId }),
    exited: (phase) => stop(phase),
    stop: (phase) => stop(phase),
  },
  stopping: {
    claimed: (phase, { claim }) => stay({ ...phase, next: { is: 'claimed', claim } }),
    stop: (phase) => stay({ ...phase, next: phase.next && { ...phase.next, isStopped: true } }),
    woken: (phase, { turnId }) =>
      turnOf(phase) === undefined
        ? to({ ...phase, turnId }, { do: 'begin', turnId })
        : to(phase, { do: 'fold', turnId }),
    ended: (phase, { turnId }) =>
      stay(turnId === phase.turnId ? { ...phase, turnId: undefined } : phase),
    interrupt: (phase, { turnId }) => {
      const { unsent, next } = phase;
      if (turnId === next?.claim.turn.id) {
        return stay({ ...phase, next: { ...next, isUnwanted: true } });
      }
      if (turnId !== unsent?.turnId) return stay(phase);
      return stay({ ...phase, unsent: { ...unsent, isUnwanted: true } });
    },
    settled: (phase) => stay({ ...phase, unsent: undefined }),
    gone: ({ next }, { leftover }) => {
      if (next === undefined) return stay(ABSENT);
      const claim = { ...next.claim, leftover: next.claim.leftover ?? leftover };
      return to({ ...next, claim }, { do: 'place', claim });
    },
  },
};

function place(claim: Claim): Step {
  return to({ is: 'claimed', claim }, { do: 'place', claim });
}

function prepare(claim: Claim): Step {
  return to({ is: 'starting', claim }, { do: 'prepare', claim });
}

/** @param next what comes after it here, if something has been claimed already */
function stop(phase: In<'starting' | 'running' | 'warm'>, next?: Claim): Step {
  const claimed = next && ({ is: 'claimed', claim: next } as const);
  return to({ is: 'stopping', ...leftBy(phase), next: claimed }, { do: 'close' });
}

function leftBy(phase: In<'starting' | 'running' | 'warm'>): Partial<In<'stopping'>> {
  if (phase.is === 'warm') return {};
  if (phase.is === 'running') return phase.hasEnded ? {} : { turnId: phase.turnId };
  return { unsent: { turnId: phase.claim.turn.id, isUnwanted: phase.isUnwanted } };
}

function stay(phase: Phase): Step {
  return { phase, actions: [] };
}

function to(phase: Phase, ...actions: readonly Action[]): Step {
  return { phase, actions };
}

/** Whether the process goes, and what was claimed so far is not to run here. */
export function isEnding(phase: Phase): boolean {
  return phase.is === 'stopping' || (phase.is === 'claimed' && phase.isStopped === true);
}

/** The turn that is claimed or runs, as the log has it; undefined if there is none. */
export function turnOf(phase: Phase): string | undefined {
  switch (phase.is) {
    case 'claimed':
    case 'starting':
      return phase.claim.turn.id;
    case 'running':
      return phase.hasEnded ? undefined : phase.turnId;
    case 'stopping':
      return phase.next?.claim.turn.id ?? phase.turnId ?? phase.unsent?.turnId;
    case 'absent':
    case 'warm':
      return undefined;
  }
}
