/** Which MCP sessions are connected, here or at another server on the same state directory. */

import type { Owners } from '../runner/owners.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './caller.ts';

export class Presence {
  readonly #store: Store;
  readonly #owners: Owners;
  /** Connected here; true once the store says so too, for the other servers. */
  readonly #open = new Map<string, boolean>();
  /** Gone, with sessions still to be settled: open for the other servers only. */
  readonly #disconnecting = new Set<string>();

  /** Open, but with nothing under way. */
  readonly #idle = new Set<string>();

  constructor(store: Store, owners: Owners) {
    this.#store = store;
    this.#owners = owners;
  }

  connected(mcpSessionId: string): void {
    this.#open.set(mcpSessionId, false);
  }

  /** It can be heard from again. */
  markActive(mcpSessionId: string): void {
    this.#idle.delete(mcpSessionId);
  }

  /**
   * It has no request or stream open, and may never come back: many clients go without a word. It goes
   * on, but holds its sessions no longer against others of its principal.
   */
  async markIdle(mcpSessionId: string): Promise<void> {
    if (!this.#open.has(mcpSessionId)) return;
    this.#idle.add(mcpSessionId);
    if (!this.#open.get(mcpSessionId)) return;
    this.#open.set(mcpSessionId, false);
    await this.#store.peers.disconnect(mcpSessionId);
  }

  /** From now on it holds no session any more; what becomes of them is told by {@link finishDisconnect}. */
  startDisconnect(mcpSessionId: string): void {
    if (this.#open.has(mcpSessionId)) this.#disconnecting.add(mcpSessionId);
  }

  async finishDisconnect(mcpSessionId: string): Promise<void> {
    const isKnown = this.#open.get(mcpSessionId);
    this.#open.delete(mcpSessionId);
    this.#disconnecting.delete(mcpSessionId);
    this.#idle.delete(mcpSessionId);
    if (isKnown) await this.#store.peers.disconnect(mcpSessionId);
  }

  /**
   * Tells the other servers, at the first change that ties a session. Resolves when that is durable;
   * a write that is started before it does shares its commit.
   */
  async announce({ principal, mcpSessionId }: Caller): Promise<void> {
    if (mcpSessionId === null || this.#open.get(mcpSessionId) !== false) return;
    this.#open.set(mcpSessionId, true);
    try {
      await this.#store.peers.connect({ mcpSessionId, principal, owner: this.#owners.self });
    } catch (error) {
      if (this.#open.has(mcpSessionId)) this.#open.set(mcpSessionId, false);
      throw error;
    }
  }

  /** A connection whose server is gone is gone with it. */
  async isConnected(mcpSessionId: string): Promise<boolean> {
    if (this.#open.has(mcpSessionId)) {
      return !this.#disconnecting.has(mcpSessionId) && !this.#idle.has(mcpSessionId);
    }
    const owner = (await this.#store.peers.connections(mcpSessionId))[0]?.owner;
    if (owner === undefined || owner === this.#owners.self) return false;
    return this.#owners.stateOf(owner) !== 'gone';
  }
}
