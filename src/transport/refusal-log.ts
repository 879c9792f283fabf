/** Refused requests in the log: the first of a kind at once, the rest as a number, so that a flood stays small. */

import type { Logger } from '../log.ts';
import type { HttpRefusal } from './http-reply.ts';

type Kind = { readonly status: number; readonly reason: string; more: number };

export class RefusalLog {
  readonly #log: Logger;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Logger) {
    this.#log = log;
  }

  add({ status, message: reason }: HttpRefusal): void {
    const kind = this.#kinds.get(reason);
    if (kind !== undefined) {
      kind.more += 1;
      return;
    }
    this.#kinds.set(reason, { status, reason, more: 0 });
    this.#log.info({ status, reason }, 'HTTP request refused');
  }

  /** Says how many more there were of each kind, and begins anew. */
  flush(): void {
    for (const kind of this.#kinds.values()) {
      if (kind.more > 0) this.#log.info(kind, 'HTTP requests refused since');
    }
    this.#kinds.clear();
  }
}
