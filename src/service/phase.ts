/**
 * What a session is doing on this server, as one explicit phase, and the table of its transitions. Pure: the session's
 * object carries out the actions and reports their results as further events.
 */

import type { ProcessIdentity } from '../session/process.ts';
import type { Claim } from '../store/store.ts';

export type Phase =
  | { readonly is: 'absent' }
  | Claimed
  /** A process for the claimed turn is being started, or a warm one is being checked. Claude does not have the prompt yet. */
  | {
      readonly is: 'starting';
      readonly claim: Claim;
      readonly isUnwanted?: boolean;
      readonly hasExited?: boolean;
    }
  /** A turn is running, or its end is being written. */
  | {
      readonly is: 'running';
      readonly turnId: string;
      readonly hasEnded?: boolean;
      readonly hasExited?: boolean;
    }
  /** The process waits for a prompt. `since` is on the monotonic clock. */
  | { readonly is: 'warm'; readonly since: number }
  /** The process is being ended and the lease released. */
  | {
      readonly is: 'stopping';
      /** The turn that is still running. */
      readonly turnId?: string;
      /** The turn whose prompt Claude did not get, until it has been settled in the log. */
      readonly unsent?: Unsent;
      /** What has been claimed meanwhile, to run when the process is gone. */
      readonly next?: Claimed;
    };

/** A turn has been claimed; a process of an earlier lease may have to be killed first. */
type Claimed = {
  readonly is: 'claimed';
  readonly claim: Claim;
  readonly isUnwanted?: boolean;
  readonly isStopped?: boolean;
};

export type Unsent = { readonly turnId: string; readonly isUnwanted?: boolean };

export type PhaseEvent =
  /** `isSameLease`: the claim is under the lease of the current process. */
  | { readonly type: 'claimed'; readonly claim: Claim; readonly isSameLease: boolean }
  /** No earlier process is left; or the server is stopping before that could be achieved. */
  | { readonly type: 'placed' | 'unplaced'; readonly claim: Claim }
  /** The prompt may be sent. */
  | { readonly type: 'ready' }
  /** The process could not be started, or could not be recorded. */
  | { readonly type: 'failed' | 'unrecorded'; readonly error: unknown }
  | { readonly type: 'interrupt'; readonly turnId: string }
  /** Claude has begun an autonomous turn. */
  | { readonly type: 'woken'; readonly turnId: string }
  /** `isBroken`: the process cannot run another turn. */
  | { readonly type: 'ended'; readonly turnId: string; readonly isBroken: boolean }
  /** The end of the turn is in the log. */
  | { readonly type: 'written'; readonly turnId: string; readonly at: number }
  | { readonly type: 'exited' }
  | { readonly type: 'stop' }
  /** The turn whose prompt was not sent is settled in the log. */
  | { readonly type: 'settled' }
  /** The process is gone and the lease released; or the process may still be alive as `leftover`, and the lease is kept. */
  | { readonly type: 'gone'; readonly leftover?: ProcessIdentity };

export type Action =
  /** Wait until no earlier process is left; report `placed` or `unplaced`. */
  | { readonly do: 'place'; readonly claim: Claim }
  /** Get a process that knows the whole conversation; report `ready`, `failed` or `unrecorded`. */
  | { readonly do: 'prepare'; readonly claim: Claim }
  /** Send the prompt, or write that the turn was interrupted before that. */
  | { readonly do: 'prompt' | 'end_unsent'; readonly claim: Claim }
  /** Write that the turn has failed. */
  | { readonly do: 'fail'; readonly claim: Claim; readonly error: unknown }
  /** Give the process up, because a write has failed. */
  | { readonly do: 'give_up'; readonly error: unknown }
  /** Write that an autonomous turn has begun; or log it as part of the current turn. */
  | { readonly do: 'begin' | 'fold'; readonly turnId: string }
  /** Keep the process warm for another turn. */
  | { readonly do: 'rest' }
  /** End the process, settle the log, release the lease; report `settled`, then `gone`. */
  | { readonly do: 'close' };

export type Step = { readonly phase: Phase; readonly actions: readonly Action[] };

export const ABSENT: Phase = { is: 'absent' };

/** Returns the phase after an event, and what to do now. An event that comes too late changes nothing. */
export function next(phase: Phase, event: PhaseEvent): Step {
  // The entry is for exactly this phase and event, which the compiler cannot see.
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

/** What each event does in each phase. An event that is missing comes too late there, or cannot occur. */
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
    // If the prompt comes too late, the runner ends its turn.
    exited: (phase) => stay({ ...phase, hasExited: true }),
    woken: (phase, { turnId }) => to(phase, { do: 'fold', turnId }),
    ready: ({ claim, isUnwanted, hasExited }) =>
      to(
        { is: 'running', turnId: claim.turn.id, hasExited },
        { do: isUnwanted ? 'end_unsent' : 'prompt', claim },
      ),
    failed: ({ claim }, { error }) =>
      to({ is: 'stopping' }, { do: 'fail', claim, error }, { do: 'close' }),
    unrecorded: (phase, { error }) =>
      to({ is: 'stopping', ...leftBy(phase) }, { do: 'give_up', error }, { do: 'close' }),
    stop: (phase) => stop(phase),
  },
  running: {
    claimed: (phase, { claim, isSameLease }) => {
      if (!isSameLease) return stop(phase, claim);
      if (phase.hasEnded) return prepare(claim);
      // Claude began the autonomous turn after the claim was written, so that turn is not in the log.
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

/** @param next what has been claimed to run afterwards */
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

/** Whether the process is being ended, and what was claimed so far is not to run. */
export function isEnding(phase: Phase): boolean {
  return phase.is === 'stopping' || (phase.is === 'claimed' && phase.isStopped === true);
}

/** The turn that is claimed or running according to the log. */
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
