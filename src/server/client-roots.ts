/**
 * The roots of a client of the 2025 revisions: the directories that it is open in, as `file://` URIs. In 2026-07-28 they
 * are deprecated, and asking would take the client a further round for each call: there it names the directory.
 */

import type { Server, ServerContext } from '@modelcontextprotocol/server';
import { CLIENT_ROOTS } from '../limits.ts';

/** The first revision without requests from server to client. */
const NO_REQUESTS_SINCE = '2026-07-28';

export class ClientRoots {
  readonly #server: Server;
  readonly #now: () => number;
  #known: readonly string[] | undefined;
  /** Until then, a client that did not answer is not asked again. */
  #quietUntil = 0;

  constructor(server: Server, now: () => number) {
    this.#server = server;
    this.#now = now;
    server.setNotificationHandler('notifications/roots/list_changed', () => {
      this.#known = undefined;
      this.#quietUntil = 0;
    });
  }

  /** Never rejects: a client that answers late or wrongly has none. */
  async list({ mcpReq }: ServerContext): Promise<readonly string[]> {
    if (this.#known !== undefined) return this.#known;
    if (!this.#canAsk()) return [];
    try {
      const options = { timeout: CLIENT_ROOTS.answerMs, relatedRequestId: mcpReq.id };
      const { roots } = await this.#server.listRoots(undefined, options);
      this.#known = roots.slice(0, CLIENT_ROOTS.max).map(({ uri }) => uri);
    } catch {
      this.#quietUntil = this.#now() + CLIENT_ROOTS.againMs;
    }
    return this.#known ?? [];
  }

  #canAsk(): boolean {
    const version = this.#server.getNegotiatedProtocolVersion() ?? NO_REQUESTS_SINCE;
    const offers = this.#server.getClientCapabilities()?.roots !== undefined;
    return offers && version < NO_REQUESTS_SINCE && this.#now() >= this.#quietUntil;
  }
}
