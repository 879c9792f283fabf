/**
 * Takes over the sessions of servers that are gone: takes their leases, kills their processes, and settles their turns. A
 * turn whose prompt Claude may have seen is lost; otherwise the prompt is requeued. A live server that has not renewed a
 * lease in time loses a session only if somebody asks for that session.
 */

import { SessionError } from '../errors.ts';
import { type Fence, type Lease, StaleFenceError } from '../store/store.ts';
import type { Parts } from './core.ts';
import type { LocalSession } from './local-session.ts';
import { type Loss, lossOf, requeueText } from './loss.ts';

export type RecoveryDeps = Pick<
  Parts,
  'store' | 'owners' | 'clock' | 'jumps' | 'log' | 'local' | 'killTree'
> & { readonly unfinished: Pick<Parts['unfinished'], 'remove'> };

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

  /** Takes over the sessions of gone servers. Returns their number. */
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

  /** Takes over a session that somebody asks for if its owner is gone or has not renewed the lease in time. */
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
   * After a failure of the store, the log may contain a claim that was reported as failed, so that nobody runs its turn.
   * Ends the process of such a session; then a sweep settles the turn.
   */
  async giveUpUnconfirmed(): Promise<void> {
    const { store, local } = this.#deps;
    for (const session of local.live()) {
      const [before] = await store.leases(session.id);
      if (before?.turn === undefined || before.turn.id === session.turnId) continue;
      // The turn may just have begun or ended here.
      await local.claimed();
      await session.process?.settled();
      const turnId = (await store.leases(session.id))[0]?.turn?.id;
      const isLost = turnId === before.turn.id && turnId !== session.turnId;
      if (isLost) session.process?.giveUp(UNCONFIRMED);
    }
  }

  /** What this server had claimed when they were read is known to `local` when this resolves. */
  async #leases(sessionId?: string): Promise<readonly Lease[]> {
    const leases = await this.#deps.store.leases(sessionId);
    await this.#deps.local.claimed();
    return leases;
  }

  /**
   * Takes a session over from its owner: first rejects the owner's writes, then kills its processes, then settles the
   * turn. Returns false if another server was faster.
   *
   * @throws SessionError UNAVAILABLE if its processes may still be alive; the lease is kept, so that nothing else starts
   */
  take(lease: Lease, loss: Loss): Promise<boolean> {
    const session = this.#deps.local.at(lease.fence.sessionId);
    session.taking ??= this.#take(session, lease, loss).finally(() => {
      session.taking = undefined;
      session.tidy();
    });
    return session.taking;
  }

  /** Resolves once a takeover of the session that is in progress here has ended. */
  async settled(sessionId: string): Promise<void> {
    await this.#deps.local.get(sessionId)?.taking?.catch(() => {});
  }

  async #take(session: LocalSession, lease: Lease, loss: Loss): Promise<boolean> {
    const { store, owners, local } = this.#deps;
    const fence = await store.takeOver(lease.fence, owners.self);
    // Read again: until the takeover, the old owner may have started a turn and sent its prompt.
    const taken = fence && (await store.leases(fence.sessionId))[0];
    if (taken === undefined || taken.fence.epoch !== fence?.epoch) return false;
    session.left = { epoch: fence.epoch, loss };
    try {
      await this.#finish(taken, lease, loss);
      session.left = undefined;
      local.poke();
      return true;
    } catch (error) {
      // This server was itself unresponsive meanwhile, and another one has taken the session over.
      if (error instanceof StaleFenceError) return false;
      throw error;
    }
  }

  async #finish({ fence, process, turn }: Lease, before: Lease, loss: Loss): Promise<void> {
    const { store, log, killTree, local, unfinished } = this.#deps;
    const { sessionId } = fence;
    if (process !== undefined && !(await killTree(process))) {
      log.error({ sessionId }, 'failed to kill leftover processes, keeping the lease');
      throw new ProcessesLeftError(sessionId);
    }
    // The next turn may already have been claimed here under the new lease.
    const isNext = turn?.id !== before.turn?.id && local.isLive(sessionId);
    if (!isNext) unfinished.remove(sessionId);
    if (turn !== undefined && !isNext) await this.#settle(fence, turn, loss);
    if (!local.isLive(sessionId)) await store.release(fence);
    log.warn({ sessionId, from: before.fence.owner }, 'session taken over');
  }

  /** Why a session may be taken over even if nobody asks for it; undefined if it may not. */
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

  /** Forgets sessions whose lease was released or taken over by another server. */
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
    const message = `leftover processes of session ${sessionId} cannot be killed now`;
    super('UNAVAILABLE', message, { hint: 'Try again in a moment: the server keeps trying.' });
  }
}

function ifLeft(error: unknown): boolean {
  if (error instanceof ProcessesLeftError) return false;
  throw error;
}
