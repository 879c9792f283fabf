/**
 * What servers that are gone have left behind: their leases are taken, their processes killed, a turn
 * that ran is lost, one that had not reached Claude waits again. Also the reverse: a server that lives
 * but has not renewed a lease for its whole length loses a session when somebody asks for it.
 */

import { SessionError } from '../errors.ts';
import { type Fence, type Lease, StaleFenceError } from '../store/store.ts';
import type { Parts } from './core.ts';
import type { LocalSession } from './local-session.ts';
import { type Loss, lossOf, requeueText } from './loss.ts';

export type RecoveryDeps = Pick<
  Parts,
  'store' | 'owners' | 'clock' | 'jumps' | 'log' | 'local' | 'killTree'
>;

type RunningTurn = NonNullable<Lease['turn']>;

const SILENT: Loss = { kind: 'silent' };
const UNCONFIRMED: Loss = {
  kind: 'storage',
  message: 'the disk did not confirm the write that started it',
};

export class Recovery {
  readonly #deps: RecoveryDeps;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
  }

  /** Takes what gone servers left. Returns how many sessions that were. */
  async sweep(): Promise<number> {
    const leases = await this.#leases();
    this.#forget(leases);
    const taken = await Promise.all(
      leases.map((lease) => {
        const loss = this.#lossAt(lease);
        return loss !== undefined && this.take(lease, loss).catch(ifLeft);
      }),
    );
    return taken.filter(Boolean).length;
  }

  /** Frees a session that somebody asks for from an owner that has missed a whole lease. */
  async demand(sessionId: string): Promise<void> {
    const { clock, jumps, owners } = this.#deps;
    await this.settled(sessionId);
    const [lease] = await this.#leases(sessionId);
    if (lease === undefined) return;
    const isOurs = owners.stateOf(lease.fence.owner) === 'self';
    const hasLapsed = !isOurs && lease.until <= clock.now() && jumps.trustsLapse();
    const loss = this.#lossAt(lease) ?? (hasLapsed && SILENT);
    if (loss) await this.take(lease, loss);
  }

  /**
   * After the store has failed, the log may hold a claim that the disk did not confirm, so that nobody here runs that
   * turn. Then the session's process ends, and a sweep settles the turn.
   */
  async giveUpUnconfirmed(): Promise<void> {
    const { store, local } = this.#deps;
    for (const session of local.live()) {
      const [before] = await store.leases(session.id);
      if (before?.turn === undefined || before.turn.id === session.turnId) continue;
      // It may just have begun here, or just have ended.
      await local.claimed();
      await session.process?.settled();
      const turnId = (await store.leases(session.id))[0]?.turn?.id;
      const isLost = turnId === before.turn.id && turnId !== session.turnId;
      if (isLost) session.process?.giveUp(UNCONFIRMED);
    }
  }

  /** What was claimed before they were read is known here when this resolves. */
  async #leases(sessionId?: string): Promise<readonly Lease[]> {
    const leases = await this.#deps.store.leases(sessionId);
    await this.#deps.local.claimed();
    return leases;
  }

  /**
   * Takes a session from its owner: first no write of the old one counts any more, then its processes
   * end, then the turn is settled. Returns false where somebody else was faster.
   *
   * @throws SessionError UNAVAILABLE if its processes may live on: the lease is kept then, so that nothing runs beside them
   */
  take(lease: Lease, loss: Loss): Promise<boolean> {
    const session = this.#deps.local.at(lease.fence.sessionId);
    session.taking ??= this.#take(session, lease, loss).finally(() => {
      session.taking = undefined;
      session.tidy();
    });
    return session.taking;
  }

  /** Resolves once a session that is being taken here has no process and no turn of its old owner left. */
  async settled(sessionId: string): Promise<void> {
    await this.#deps.local.get(sessionId)?.taking?.catch(() => {});
  }

  async #take(session: LocalSession, lease: Lease, loss: Loss): Promise<boolean> {
    const { store, owners, local } = this.#deps;
    const fence = await store.takeOver(lease.fence, owners.self);
    // Read anew: until that moment the old owner may have gone on, started a turn and sent its prompt.
    const taken = fence && (await store.leases(fence.sessionId))[0];
    if (taken === undefined || taken.fence.epoch !== fence?.epoch) return false;
    session.left = { epoch: fence.epoch, loss };
    try {
      await this.#finish(taken, lease, loss);
      session.left = undefined;
      local.poke();
      return true;
    } catch (error) {
      // We were ourselves stopped for a whole lease meanwhile, and somebody else has gone on with it.
      if (error instanceof StaleFenceError) return false;
      throw error;
    }
  }

  async #finish({ fence, process, turn }: Lease, before: Lease, loss: Loss): Promise<void> {
    const { store, log, killTree, local } = this.#deps;
    const { sessionId } = fence;
    if (process !== undefined && !(await killTree(process))) {
      log.error({ sessionId }, 'processes that were left behind may live on: the lease is kept');
      throw new ProcessesLeftError(sessionId);
    }
    // Its next turn may have been claimed here already, under this very lease.
    const isNext = turn?.id !== before.turn?.id && local.isLive(sessionId);
    if (turn !== undefined && !isNext) await this.#settle(fence, turn, loss);
    if (!local.isLive(sessionId)) await store.release(fence);
    log.warn({ sessionId, from: before.fence.owner }, 'session taken over');
  }

  /** Why a session may be taken from its owner without anybody's asking for it; undefined if it may not. */
  #lossAt({ fence, until }: Lease): Loss | undefined {
    const { owners, clock, jumps, local } = this.#deps;
    const { sessionId, epoch } = fence;
    const state = owners.stateOf(fence.owner);
    if (state === 'gone') return { kind: 'gone' };
    const hasLapsed = state === 'unknown' && until <= clock.now() && jumps.trustsLapse();
    if (hasLapsed) return { kind: 'out-of-sight' };
    if (state !== 'self' || local.isLive(sessionId)) return undefined;
    const left = local.get(sessionId)?.left;
    return left?.epoch === epoch ? left.loss : { kind: 'dropped' };
  }

  /** What is nobody's any more, or another server's, is not ours to settle. */
  #forget(leases: readonly Lease[]): void {
    for (const session of this.#deps.local.all()) {
      const { id, left } = session;
      const isHeld = ({ fence }: Lease) => fence.sessionId === id && fence.epoch === left?.epoch;
      if (left === undefined || leases.some(isHeld)) continue;
      session.left = undefined;
      session.tidy();
    }
  }

  async #settle(fence: Fence, { id: turnId, prompted }: RunningTurn, loss: Loss): Promise<void> {
    const [text, error] = [requeueText(loss), lossOf(turnId, loss)];
    const command = { type: 'settle_turn', turnId, prompted, text, error } as const;
    await this.#deps.store.append(fence.sessionId, command, { fence });
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
