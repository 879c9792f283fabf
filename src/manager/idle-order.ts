/** The neighbours of a node in an {@link IdleOrder}: undefined outside the order and at its ends. */
type Links<T> = {
  older: T | undefined;
  newer: T | undefined;
};

/**
 * Nodes in the order of their last activity, oldest first. Every operation takes constant time. It is a
 * linked list and not a Map, because a Map's iterator walks over everything that was moved since its last
 * rehash: finding the oldest session would take longer, the more sessions there are.
 */
export class IdleOrder<T extends Links<T>> {
  #oldest: T | undefined;
  #newest: T | undefined;

  get oldest(): T | undefined {
    return this.#oldest;
  }

  /** Adds the node at the end. It must not be in the order yet. */
  add(node: T): void {
    node.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  /** Removes the node. Does nothing if it is not in the order. */
  remove(node: T): void {
    const { older, newer } = node;
    if (older === undefined && node !== this.#oldest) return;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    node.older = undefined;
    node.newer = undefined;
  }
}
