/**
 * Stopping and steering what runs, wherever it runs: here, or at another server on the same state
 * directory, which is left an order.
 */

import { ORDER_MS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Owners } from '../runner/owners.ts';
import type { Lease, Order, Store } from '../store/store.ts';
import type { Recovery } from './recovery.ts';
import type { Scheduler } from './scheduler.ts';
import type { Waiters } from './waiters.ts';

export type RunsDeps = {
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly recovery: Recovery;
  readonly waiters: Waiters;
  readonly owners: Owners;
  readonly newId: () => string;
  readonly log: Logger;
};

export class Runs {
  readonly #deps: RunsDeps;
  /** Orders under way here, so that a second look does not start them again. */
  readonly #taken = new Set<string>();
  readonly #unsubscribe: () => void;

  constructor(deps: RunsDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.store.subscribe((changed) => {
      if (changed === undefined) void this.#carryOutOrders();
    });
  }

  /**
   * Stops the running turn; resolves with its id once it has stopped, undefined where none runs.
   *
   * @param only the turn that is meant; another one goes on
   */
  async interrupt(sessionId: string, only?: string): Promise<string | undefined> {
    await this.#deps.scheduler.placed(sessionId);
    const live = this.#deps.scheduler.live(sessionId);
    if (live === undefined) return this.#order(sessionId, 'interrupt', '', only);
    const { turnId } = live;
    if (turnId === undefined || turnId !== (only ?? turnId)) return undefined;
    await live.interrupt(turnId);
    return turnId;
  }

  /** Puts a text into a turn; resolves with false where it runs no more. */
  async steer(sessionId: string, turnId: string, text: string): Promise<boolean> {
    await this.#deps.scheduler.placed(sessionId);
    const live = this.#deps.scheduler.live(sessionId);
    if (live !== undefined) return live.steer(turnId, text);
    return (await this.#order(sessionId, 'steer', text, turnId)) !== undefined;
  }

  /**
   * Stops the session's turn, runs `work`, and has its process gone when this resolves; no turn of the
   * session is started meanwhile.
   */
  async whileStopped<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const { scheduler } = this.#deps;
    if (!scheduler.isLive(sessionId)) await this.#order(sessionId, 'interrupt', '');
    const done = await scheduler.whileStopped(sessionId, work);
    const lease = await this.#elsewhere(sessionId);
    if (lease !== undefined) await this.#sendOrder(lease, 'stop', '');
    return done;
  }

  close(): void {
    this.#unsubscribe();
  }

  async #order(
    sessionId: string,
    kind: Order['kind'],
    text: string,
    only?: string,
  ): Promise<string | undefined> {
    const lease = await this.#elsewhere(sessionId);
    if (lease?.turn === undefined || lease.turn.id !== (only ?? lease.turn.id)) return undefined;
    // A later owner must not stop a later turn.
    await this.#sendOrder(lease, kind, kind === 'interrupt' ? lease.turn.id : text);
    return lease.turn.id;
  }

  /** The lease of another server that lives, after what a gone one left has been settled. */
  async #elsewhere(sessionId: string): Promise<Lease | undefined> {
    const { store, recovery, owners } = this.#deps;
    await recovery.demand(sessionId);
    const lease = await store.lease(sessionId);
    return lease?.fence.owner === owners.self ? undefined : lease;
  }

  /** Waits until the order is carried out; an owner that does not do it in time loses the session. */
  async #sendOrder(lease: Lease, kind: Order['kind'], text: string): Promise<void> {
    const { store, waiters, recovery, newId } = this.#deps;
    const { sessionId } = lease.fence;
    const order: Order = { id: newId(), sessionId, kind, text };
    await store.sendOrder(order);
    const look = async () => {
      if (!(await store.isOrderOpen(order.id))) return 'done';
      return (await store.lease(sessionId)) === undefined ? 'nobody runs it' : undefined;
    };
    const { signal } = new AbortController();
    const end = await waiters.until([sessionId], look, ORDER_MS_MAX, signal);
    if (end === 'done') return;
    await store.finishOrder(order);
    if (end === undefined) await recovery.take(lease);
  }

  /** What other servers have left for this one. */
  async #carryOutOrders(): Promise<void> {
    const { store, owners, log } = this.#deps;
    try {
      for (const order of await store.orders(owners.self)) {
        if (this.#taken.has(order.id)) continue;
        this.#taken.add(order.id);
        void this.#carryOut(order).finally(() => this.#taken.delete(order.id));
      }
    } catch (error) {
      log.error({ err: error }, 'orders of other servers could not be read');
    }
  }

  async #carryOut({ sessionId, kind, text, ...order }: Order): Promise<void> {
    const { store, scheduler, recovery, log } = this.#deps;
    try {
      await recovery.settled(sessionId);
      await scheduler.placed(sessionId);
      const live = scheduler.live(sessionId);
      const turnId = live?.turnId;
      if (kind === 'interrupt') await live?.interrupt(text);
      if (kind === 'steer' && turnId !== undefined) await live?.steer(turnId, text);
      if (kind === 'stop') await scheduler.stop(sessionId);
      await store.finishOrder({ sessionId, kind, text, ...order });
    } catch (error) {
      log.error({ err: error, sessionId }, 'an order of another server could not be carried out');
    }
  }
}
