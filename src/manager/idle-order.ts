/** A place in an {@link IdleOrder}; both are undefined outside of it and at its ends. */
type Links<T> = {
  older: T | undefined;
  newer: T | undefined;
};

/**
 * Nodes by their last activity, oldest first, each step in constant time. A linked list and not an
 * insertion-ordered Map: a Map's iterator walks over everything that was moved since its last rehash,
 * so that a look at the oldest would cost more the more sessions are held.
 */
export class IdleOrder<T extends Links<T>> {
  #oldest: T | undefined;
  #newest: T | undefined;

  get oldest(): T | undefined {
    return this.#oldest;
  }

  /** Puts the node last; it must not be in the order. */
  add(node: T): void {
    node.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  /** Takes the node out; one that is not in the order is left alone. */
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
