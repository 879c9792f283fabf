/** Interrupts, steers and stops sessions wherever they run: on this server, or by an order to another one. */

import { SessionError } from '../errors.ts';
import { ORDER_MS_MAX, ORDER_STOPPED_MS, STOP_MS_MAX } from '../process-limits.ts';
import type { Order } from '../store/peers.ts';
import type { Lease } from '../store/store.ts';
import { within } from '../timer.ts';
import type { Parts } from './core.ts';
import type { LocalSession } from './local-session.ts';

export type RunControlDeps = Pick<
  Parts,
  'store' | 'local' | 'recovery' | 'waiters' | 'owners' | 'newId' | 'log'
>;

type Wanted = Pick<Order, 'kind' | 'turnId' | 'text'>;

export class RunControl {
  readonly #deps: RunControlDeps;
  readonly #unsubscribe: () => void;

  constructor(deps: RunControlDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.store.subscribe(({ orders }) => {
      if (orders) void this.#carryOutOrders();
    });
  }

  /**
   * Stops the running turn; resolves with its id once it has stopped, or with undefined if no turn is running.
   *
   * @param only stops the turn with this id, and no other
   * @throws SessionError UNAVAILABLE if that takes too long; the stop continues nevertheless
   */
  interrupt(sessionId: string, only?: string): Promise<string | undefined> {
    const notYet = `the turn of session ${sessionId} has not stopped`;
    return stopInTime(notYet, this.#interrupt(sessionId, only));
  }

  async #interrupt(sessionId: string, only?: string): Promise<string | undefined> {
    const session = await this.#live(sessionId);
    if (session === undefined) return this.#order(sessionId, { kind: 'interrupt', text: '' }, only);
    const { turnId } = session;
    if (turnId === undefined || turnId !== (only ?? turnId)) return undefined;
    await session.interrupt(turnId);
    return turnId;
  }

  /** The session, if it is running here or about to. */
  async #live(sessionId: string): Promise<LocalSession | undefined> {
    const { local } = this.#deps;
    await local.claimed();
    return local.isLive(sessionId) ? local.get(sessionId) : undefined;
  }

  /**
   * Adds a text to a turn; resolves with false if the turn is not running any more.
   *
   * @throws SessionError UNAVAILABLE if that takes too long because the process neither starts nor ends
   */
  steer(sessionId: string, turnId: string, text: string): Promise<boolean> {
    const notYet = `session ${sessionId} has not taken the prompt`;
    return stopInTime(notYet, this.#steer(sessionId, turnId, text));
  }

  async #steer(sessionId: string, turnId: string, text: string): Promise<boolean> {
    const session = await this.#live(sessionId);
    if (session !== undefined) return session.steer(turnId, text);
    return (await this.#order(sessionId, { kind: 'steer', text }, turnId)) !== undefined;
  }

  /**
   * Stops the session's turn and process, then runs `work`. No turn of the session is started meanwhile, and no process
   * is left when this resolves.
   *
   * @throws SessionError UNAVAILABLE if the process does not end in time; the stop continues nevertheless
   */
  async whileStopped<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const { local } = this.#deps;
    if (!local.isLive(sessionId)) await this.#order(sessionId, { kind: 'interrupt', text: '' });
    const session = local.at(sessionId);
    session.holds += 1;
    try {
      await this.#stop(session);
      const done = await work();
      // For a claim that was in progress when the hold began.
      await this.#stop(session);
      const lease = await this.#elsewhere(sessionId);
      if (lease !== undefined) await this.#sendOrder(lease, { kind: 'stop', text: '' });
      return done;
    } finally {
      session.holds -= 1;
      session.tidy();
      local.poke();
    }
  }

  /** Ends the session's process here, even one that was about to be started. */
  async #stop(session: LocalSession): Promise<void> {
    const stopping = this.#deps.local.claimed().then(() => session.stop());
    await stopInTime(`the processes of session ${session.id} are not gone`, stopping);
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Resolves with the id of the turn for which the order was carried out. */
  async #order(sessionId: string, wanted: Wanted, only?: string): Promise<string | undefined> {
    const lease = await this.#elsewhere(sessionId);
    if (lease?.turn === undefined || lease.turn.id !== (only ?? lease.turn.id)) return undefined;
    const turnId = lease.turn.id;
    return (await this.#sendOrder(lease, { ...wanted, turnId })) ? turnId : undefined;
  }

  /** The lease of another live server; takes the session over first if its server is gone. */
  async #elsewhere(sessionId: string): Promise<Lease | undefined> {
    const { store, recovery, owners } = this.#deps;
    await recovery.demand(sessionId);
    const [lease] = await store.leases(sessionId);
    return lease?.fence.owner === owners.self ? undefined : lease;
  }

  /**
   * Waits until the order has been carried out; returns false if it was refused. A server that does not carry it out in
   * time loses the session.
   */
  async #sendOrder(lease: Lease, wanted: Wanted): Promise<boolean> {
    const { store, newId } = this.#deps;
    const order: Order = { ...wanted, id: newId(), sessionId: lease.fence.sessionId };
    await store.peers.send(order);
    const end = await this.#endOf(order, lease);
    if (end === 'done') return true;
    await store.peers.settle(order, 'done');
    if (end !== undefined || (await this.#takeOver(lease))) return end !== 'refused';
    // A third server took the session over first, and may not have settled it yet: send the order to that one.
    const next = await this.#elsewhere(order.sessionId);
    return next === undefined || this.#sendOrder(next, wanted);
  }

  async #takeOver(lease: Lease): Promise<boolean> {
    const { recovery, owners } = this.#deps;
    const isGone = owners.stateOf(lease.fence.owner) === 'gone';
    return recovery.take(lease, { kind: isGone ? 'gone' : 'unheeded' });
  }

  /** What became of an order; undefined if the server did not carry it out in time. */
  async #endOf(order: Order, { fence }: Lease): Promise<string | undefined> {
    const { store, waiters, owners } = this.#deps;
    const look = async () => {
      const state = await store.peers.orderState(order.id);
      if (state !== 'open') return state;
      return (await store.leases(fence.sessionId))[0] === undefined ? 'nobody runs it' : undefined;
    };
    const { signal } = new AbortController();
    for (let waited = 0; waited < ORDER_MS_MAX; waited += ORDER_STOPPED_MS) {
      const end = await waiters.until([fence.sessionId], look, ORDER_STOPPED_MS, signal);
      const state = owners.stateOf(fence.owner);
      if (end !== undefined || state === 'stopped' || state === 'gone') return end;
      if (waiters.isClosed) return 'given up';
    }
    return undefined;
  }

  /** Carries out the orders of other servers to this one. */
  async #carryOutOrders(): Promise<void> {
    const { store, owners, local, log } = this.#deps;
    try {
      for (const order of await store.peers.orders(owners.self)) {
        const session = local.at(order.sessionId);
        if (session.orders.has(order.id)) continue;
        session.orders.add(order.id);
        void this.#carryOut(order, session);
      }
    } catch (error) {
      log.error({ err: error }, 'failed to read the orders of other servers');
    }
  }

  async #carryOut(order: Order, session: LocalSession): Promise<void> {
    const { store, local, recovery, log } = this.#deps;
    const { sessionId } = order;
    try {
      await recovery.settled(sessionId);
      await local.claimed();
      await store.peers.settle(order, (await this.#isDone(order, session)) ? 'done' : 'refused');
    } catch (error) {
      log.error({ err: error, sessionId }, 'failed to carry out an order of another server');
    }
    session.orders.delete(order.id);
    session.tidy();
  }

  /** Returns false if the order comes too late. */
  async #isDone({ kind, turnId, text }: Order, session: LocalSession): Promise<boolean> {
    if (kind === 'stop') await session.stop();
    if (turnId === undefined) return true;
    if (kind === 'interrupt') await session.interrupt(turnId);
    return kind !== 'steer' || session.steer(turnId, text);
  }
}

/**
 * Waits for `stopping`, but not forever: the kernel may be unable to end a process.
 *
 * @throws SessionError UNAVAILABLE with `notYet` if it takes too long
 */
async function stopInTime<T>(notYet: string, stopping: Promise<T>): Promise<T> {
  if (await within(stopping, STOP_MS_MAX)) return await stopping;
  throw new SessionError('UNAVAILABLE', `${notYet} after ${STOP_MS_MAX} ms (STOP_MS_MAX)`, {
    hint: 'Try again later: the server keeps trying, and its log says what is wrong.',
  });
}
