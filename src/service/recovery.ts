/**
 * What servers that are gone have left behind: their leases are taken, their processes killed, a turn
 * that ran is lost, one that had not reached Claude waits again. Also the reverse: a server that lives
 * but has not renewed a lease for its whole length loses a session when somebody asks for it.
 */

import { SessionError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Owners } from '../runner/owners.ts';
import { decide, type SessionCommand, type SessionState } from '../session/decide.ts';
import type { EventBody } from '../session/event.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { type Fence, type Lease, StaleFenceError, type Store } from '../store/store.ts';
import type { Clock, JumpWatch } from './clock.ts';

export type RecoveryDeps = {
  readonly store: Store;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly jumps: JumpWatch;
  readonly log: Logger;
  /** Whether this server runs the session, or is about to. */
  isLive(sessionId: string): boolean;
  /** Ends a process and all it started, if it is still the same one. */
  killTree(process: ProcessIdentity): Promise<boolean>;
  /** Nobody holds a session any more that was held: its next turn, or another one, may have its place. */
  freed(): void;
};

export class Recovery {
  readonly #deps: RecoveryDeps;
  /** Sessions that are being taken here, each until it is settled. */
  readonly #taking = new Map<string, Promise<boolean>>();

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
  }

  /** Takes what gone servers left. Returns how many sessions that were. */
  async sweep(): Promise<number> {
    const leases = await this.#deps.store.leases();
    const left = leases.filter((lease) => this.#isAbandoned(lease));
    const taken = await Promise.all(left.map((lease) => this.take(lease).catch(ifLeft)));
    return taken.filter(Boolean).length;
  }

  /** Frees a session that somebody asks for from an owner that has missed a whole lease. */
  async demand(sessionId: string): Promise<void> {
    const { store, clock, jumps, owners } = this.#deps;
    await this.settled(sessionId);
    const lease = await store.lease(sessionId);
    if (lease === undefined) return;
    const isOurs = owners.stateOf(lease.fence.owner) === 'self';
    const hasLapsed = !isOurs && lease.until <= clock.now() && jumps.trustsLapse();
    if (hasLapsed || this.#isAbandoned(lease)) await this.take(lease);
  }

  /**
   * Takes a session from its owner: first no write of the old one counts any more, then its processes
   * end, then the turn is settled. Returns false where somebody else was faster.
   *
   * @throws SessionError UNAVAILABLE if its processes may live on: the lease is kept then, so that nothing runs beside them
   */
  take(lease: Lease): Promise<boolean> {
    const { sessionId } = lease.fence;
    const under = this.#taking.get(sessionId);
    if (under !== undefined) return under;
    const taking = this.#take(lease).finally(() => this.#taking.delete(sessionId));
    this.#taking.set(sessionId, taking);
    return taking;
  }

  /** Resolves once a session that is being taken here has no process and no turn of its old owner left. */
  async settled(sessionId: string): Promise<void> {
    await this.#taking.get(sessionId)?.catch(() => {});
  }

  async #take(lease: Lease): Promise<boolean> {
    const { store, owners } = this.#deps;
    const fence = await store.takeOver(lease.fence, owners.self);
    // Read anew: until that moment the old owner may have gone on, started a turn and sent its prompt.
    const taken = fence && (await store.lease(fence.sessionId));
    if (taken === undefined || taken.fence.epoch !== fence?.epoch) return false;
    try {
      await this.#finish(taken, lease);
      this.#deps.freed();
      return true;
    } catch (error) {
      // We were ourselves stopped for a whole lease meanwhile, and somebody else has gone on with it.
      if (error instanceof StaleFenceError) return false;
      throw error;
    }
  }

  async #finish({ fence, process, turn }: Lease, before: Lease): Promise<void> {
    const { store, log, killTree, isLive } = this.#deps;
    const { sessionId } = fence;
    if (process !== undefined && !(await killTree(process))) {
      log.error({ sessionId }, 'processes that were left behind may live on: the lease is kept');
      throw new ProcessesLeftError(sessionId);
    }
    // Its next turn may have been claimed here already, under this very lease.
    const isNext = turn?.id !== before.turn?.id && isLive(sessionId);
    if (turn !== undefined && !isNext) await this.#settle(fence, turn);
    if (!isLive(sessionId)) await store.release(fence);
    log.warn({ sessionId, from: before.fence.owner }, 'session taken over');
  }

  #isAbandoned({ fence, until }: Lease): boolean {
    const { owners, clock, jumps } = this.#deps;
    const state = owners.stateOf(fence.owner);
    // A run of ours that ended when nothing could be written (a full disk) has left its lease.
    if (state === 'self') return !this.#deps.isLive(fence.sessionId);
    if (state === 'unknown') return until <= clock.now() && jumps.trustsLapse();
    return state === 'gone';
  }

  async #settle(fence: Fence, turn: NonNullable<Lease['turn']>): Promise<void> {
    const { store, clock } = this.#deps;
    await store.append(
      fence.sessionId,
      (state) => {
        if (!state.openTurns.some(({ id, state: is }) => id === turn.id && is === 'running'))
          return [];
        return decideAll(state, settlement(turn, state), clock.now());
      },
      { fence },
    );
  }
}

/** The next sweep tries again. */
class ProcessesLeftError extends SessionError {
  constructor(sessionId: string) {
    const message = `processes of session ${sessionId} that another server left cannot be ended now`;
    super('UNAVAILABLE', message, { hint: 'Try again in a moment: the server goes on trying.' });
  }
}

function ifLeft(error: unknown): boolean {
  if (error instanceof ProcessesLeftError) return false;
  throw error;
}

function settlement(turn: NonNullable<Lease['turn']>, state: SessionState): SessionCommand[] {
  const isOurs = state.openTurns.some(({ id, origin }) => id === turn.id && origin === 'prompt');
  if (isOurs && !turn.prompted) {
    const text = 'lost lease: the server stopped before the prompt reached Claude; it waits again';
    return [{ type: 'requeue_turn', turnId: turn.id, text, crashed: true }];
  }
  return [
    {
      type: 'end_turn',
      turnId: turn.id,
      outcome: {
        state: 'lost',
        error: {
          code: 'UNAVAILABLE',
          message: `turn ${turn.id} was running when its server stopped`,
          retryable: false,
          hint: 'nothing is run again by itself: look at what was done, then send a prompt.',
        },
      },
    },
  ];
}

function decideAll(
  state: SessionState,
  commands: readonly SessionCommand[],
  now: number,
): readonly EventBody[] {
  return commands.flatMap((command) => decide(state, command, now));
}
