/** Which MCP sessions are connected, here or at another server on the same state directory. */

import type { Owners } from '../runner/owners.ts';
import type { Store } from '../store/store.ts';
import { type Caller, STDIO_ID_PREFIX } from './caller.ts';

export class Presence {
  readonly #store: Store;
  readonly #owners: Owners;
  /** Connected to this server; true if that is announced in the store, for the other servers. */
  readonly #open = new Map<string, boolean>();
  /** Disconnected, but their sessions are still being settled: connected only for the other servers. */
  readonly #disconnecting = new Set<string>();
  /** Connected, but without an open request or stream. */
  readonly #idle = new Set<string>();

  constructor(store: Store, owners: Owners) {
    this.#store = store;
    this.#owners = owners;
  }

  connected(mcpSessionId: string): void {
    this.#open.set(mcpSessionId, false);
  }

  markActive(mcpSessionId: string): void {
    this.#idle.delete(mcpSessionId);
  }

  /**
   * To be called when no request or stream is open: many clients disappear without notice. The MCP session continues,
   * but no longer keeps others of its principal from its sessions.
   */
  async markIdle(mcpSessionId: string): Promise<void> {
    if (!this.#open.has(mcpSessionId)) return;
    this.#idle.add(mcpSessionId);
    if (!this.#open.get(mcpSessionId)) return;
    this.#open.set(mcpSessionId, false);
    await this.#store.peers.disconnect(mcpSessionId);
  }

  /** From now on it holds no session. {@link finishDisconnect} must follow once its sessions are settled. */
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
   * Announces the connection to the other servers before the first change that ties a session. Resolves when that is
   * durable; a write that is started before that shares its commit.
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

  /**
   * Whether an MCP session keeps another one of its principal from the sessions that are tied to it: while it is connected,
   * unless both are the stdio of servers that one client has started. Desktop programs start several.
   */
  async keepsOut(mcpSessionId: string, holder: string): Promise<boolean> {
    if (this.#open.has(holder)) return !this.#disconnecting.has(holder) && !this.#idle.has(holder);
    const owner = (await this.#store.peers.connections(holder))[0]?.owner;
    if (owner === undefined || owner === this.#owners.self) return false;
    if (this.#owners.stateOf(owner) === 'gone') return false;
    const mayBeSame = this.#isOnStdioHere(mcpSessionId) && holder.startsWith(STDIO_ID_PREFIX);
    return !(mayBeSame && this.#owners.isOfSameClient(owner));
  }

  /** False for one that has ended: what becomes of its sessions concerns those only that are still tied to it. */
  #isOnStdioHere(mcpSessionId: string): boolean {
    const isHere = this.#open.has(mcpSessionId) && !this.#disconnecting.has(mcpSessionId);
    return isHere && mcpSessionId.startsWith(STDIO_ID_PREFIX);
  }
}
