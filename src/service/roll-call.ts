/**
 * Whether servers that cannot be seen from here (in another container, or before the machine was booted anew) still hold
 * their connections. They are asked by way of the store: a question is a row among the connections, in the name of the
 * one who asks; a server that lives deletes the questions that are put to it. One that does not within a lease is gone.
 */

import { ROLL_CALL_MS } from '../limits.ts';
import type { Owners } from '../runner/owners.ts';
import type { Connection } from '../store/peers.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';

export type RollCallDeps = {
  readonly store: Pick<Store, 'peers'>;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly leaseMs: number;
};

/** No id of an MCP session begins so. */
const QUESTION = '?';

export class RollCall {
  readonly #deps: RollCallDeps;
  /** When this server asked whom last, on the monotonic clock. */
  readonly #askedAt = new Map<string, number>();

  constructor(deps: RollCallDeps) {
    this.#deps = deps;
  }

  /** Answers and asks. Returns the connections whose servers are gone, those that have not answered among them. */
  async gone(rows: readonly Connection[]): Promise<readonly Connection[]> {
    const { owners } = this.#deps;
    const questions = new Map(
      rows.filter(isQuestion).map(({ mcpSessionId, owner }) => [mcpSessionId, owner]),
    );
    const connections = rows.filter((row) => !isQuestion(row));
    const states = new Map(connections.map(({ owner }) => [owner, owners.stateOf(owner)]));
    const unseen = [...states.keys()].filter((owner) => states.get(owner) === 'unknown');
    await this.#clear(questions, unseen);
    const silent = new Set<string>();
    for (const owner of unseen) {
      if (await this.#isSilent(owner, questions.get(QUESTION + owner))) silent.add(owner);
    }
    return connections.filter(({ owner }) => states.get(owner) === 'gone' || silent.has(owner));
  }

  /** Answers what is put to us, and takes away what nobody waits for any more. */
  async #clear(questions: ReadonlyMap<string, string>, unseen: readonly string[]): Promise<void> {
    const { store, owners } = this.#deps;
    for (const [question, asker] of questions) {
      const asked = question.slice(QUESTION.length);
      const isIdle = ['self', 'gone'].includes(owners.stateOf(asker)) && !unseen.includes(asked);
      if (asked === owners.self || isIdle) await store.peers.disconnect(question);
    }
    for (const owner of this.#askedAt.keys()) {
      if (!unseen.includes(owner)) this.#askedAt.delete(owner);
    }
  }

  /** @param asker whose question to the owner is open */
  async #isSilent(owner: string, asker: string | undefined): Promise<boolean> {
    const { store, owners, clock, leaseMs } = this.#deps;
    const now = clock.monotonic();
    const passed = now - (this.#askedAt.get(owner) ?? Number.NEGATIVE_INFINITY);
    if (asker === owners.self && Number.isFinite(passed)) return passed >= leaseMs;
    // Answered, or asked by another server: that is good for a while.
    if (passed < ROLL_CALL_MS) return false;
    this.#askedAt.set(owner, now);
    await store.peers.connect({
      mcpSessionId: QUESTION + owner,
      principal: '',
      owner: owners.self,
    });
    return false;
  }
}

function isQuestion({ mcpSessionId }: Connection): boolean {
  return mcpSessionId.startsWith(QUESTION);
}
