/** Whose session it is (contract, section 4): the one gate that every read and every change passes. */

import { SessionError, SessionNotFoundError } from '../errors.ts';
import type { Command } from '../session/command.ts';
import type { Session } from '../session/session.ts';
import type { Appended, AppendOptions, Store } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { Presence } from './presence.ts';

/** Each time it may have been tied to somebody else who has gone. */
const TRIES_MAX = 5;

export class Gate {
  readonly #store: Store;
  readonly #presence: Presence;

  constructor(store: Store, presence: Presence) {
    this.#store = store;
    this.#presence = presence;
  }

  /**
   * The session, ended ones too, for a caller who may know of it.
   *
   * @throws SessionNotFoundError, the same for another principal's session as for none
   */
  async readable(caller: Caller, sessionId: string): Promise<Session> {
    const session = await this.#store.session(caller.principal, sessionId);
    if (session === undefined) throw new SessionNotFoundError(sessionId);
    return session;
  }

  /**
   * The session, for a caller who may change it.
   *
   * @throws SessionNotFoundError, SessionError CONFLICT while another MCP session of the same principal
   *   holds it
   */
  async changeable(caller: Caller, sessionId: string): Promise<Session> {
    const session = await this.readable(caller, sessionId);
    await this.#checkHolder(caller, session);
    return session;
  }

  /**
   * Appends what the command makes of the session, after the tie to the caller if the MCP session that it was tied to is
   * gone. Throws like {@link changeable}, and if the command is not legal. A call with a known key is answered as the
   * first one was, whatever has changed since: a client that has lost its connection may be back before anybody knows
   * that the old one is gone.
   */
  async change(
    { principal, mcpSessionId }: Caller,
    sessionId: string,
    command: Command,
    options?: AppendOptions,
  ): Promise<Appended> {
    let gone: string | undefined;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const announced = this.#presence.announce({ principal, mcpSessionId });
      const asker = { principal, mcpSessionId, gone };
      const append = this.#store.append(sessionId, command, { ...options, asker });
      const [appended] = await Promise.all([append, announced]);
      if (appended.heldBy === undefined) return appended;
      if (await this.#presence.isConnected(appended.heldBy)) break;
      gone = appended.heldBy;
    }
    throw heldError(sessionId);
  }

  async #checkHolder(caller: Caller, session: Session): Promise<void> {
    const { mcpSessionId: holder } = session;
    if (caller.mcpSessionId === null || holder === null || holder === caller.mcpSessionId) return;
    if (!(await this.#presence.isConnected(holder))) return;
    throw heldError(session.id);
  }
}

function heldError(sessionId: string): SessionError {
  const message = `session ${sessionId} is tied to another MCP session that is still connected`;
  return new SessionError('CONFLICT', message, { hint: 'attach_session ties it to yours.' });
}
