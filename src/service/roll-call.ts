/**
 * Finds out whether servers in another container, or before a reboot, are still alive. They are asked through the store:
 * a question is a row among the connections, owned by the server that asks. A live server deletes the questions to it;
 * one that does not do so within a lease is gone.
 */

import { ROLL_CALL_MS } from '../process-limits.ts';
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

/** No id of an MCP session begins like this. */
const QUESTION = '?';

export class RollCall {
  readonly #deps: RollCallDeps;
  /** When this server last asked each owner, on the monotonic clock. */
  readonly #askedAt = new Map<string, number>();

  constructor(deps: RollCallDeps) {
    this.#deps = deps;
  }

  /** Answers questions and asks new ones. Returns the connections of servers that are gone or have not answered. */
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

  /** Answers the questions to this server, and removes questions that nobody waits for. */
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

  /** @param asker the server that has asked the owner and not been answered yet */
  async #isSilent(owner: string, asker: string | undefined): Promise<boolean> {
    const { store, owners, clock, leaseMs } = this.#deps;
    const now = clock.monotonic();
    const passed = now - (this.#askedAt.get(owner) ?? Number.NEGATIVE_INFINITY);
    if (asker === owners.self && Number.isFinite(passed)) return passed >= leaseMs;
    // It has answered recently, or another server is asking.
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
