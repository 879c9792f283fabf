/** Checks who may read or change a session (contract, section 4). Every read and change goes through this gate. */

import { quoteId, SessionError, SessionNotFoundError } from '../errors.ts';
import { ERROR_LIST_MAX } from '../limits.ts';
import type { Command } from '../session/command.ts';
import { isSessionId, type Session } from '../session/session.ts';
import type { Appended, AppendOptions, RequestKey, Store } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { Presence } from './presence.ts';

/** The session may have been tied to another MCP session that is gone at each try. */
const TRIES_MAX = 5;

export class Gate {
  readonly #store: Store;
  readonly #presence: Presence;

  constructor(store: Store, presence: Presence) {
    this.#store = store;
    this.#presence = presence;
  }

  /**
   * The id of the session that a caller names: by its id, or by its name if exactly one session of the principal that
   * has not ended has it. Without such a session, the text itself. A call with a known key means the session of the
   * first call, whoever has the name now.
   *
   * @throws SessionError INVALID_REQUEST if several sessions have the name
   */
  async idOf({ principal }: Caller, named: string, key?: RequestKey): Promise<string> {
    if (isSessionId(named)) return named;
    const known = key && (await this.#store.reply(key));
    if (known !== undefined) return known.sessionId;
    const limit = ERROR_LIST_MAX + 1;
    const [id = named, ...others] = await this.#store.named({ principal, name: named, limit });
    if (others.length > 0) throw ambiguousError(named, [id, ...others]);
    return id;
  }

  /**
   * Returns the session, even if it has ended, if it belongs to the caller's principal.
   *
   * @param named its id or its name
   * @throws SessionNotFoundError, also for a session of another principal
   */
  async readable(caller: Caller, named: string): Promise<Session> {
    const sessionId = await this.idOf(caller, named);
    const session = await this.#store.session(caller.principal, sessionId);
    if (session === undefined) throw new SessionNotFoundError(sessionId);
    return session;
  }

  /**
   * Returns the session if the caller may change it.
   *
   * @param named its id or its name
   * @throws SessionNotFoundError, SessionError CONFLICT if another MCP session of the same principal holds it
   */
  async changeable(caller: Caller, named: string): Promise<Session> {
    const session = await this.readable(caller, named);
    await this.#checkHolder(caller, session);
    return session;
  }

  /**
   * Appends the events of a command to the session with this id. If the MCP session that the session is tied to is gone,
   * or is of the caller's client too, ties it to the caller first.
   * Throws like {@link changeable}, and if the command is not legal. A call with a known key gets the answer of the first
   * one whatever has changed since: a client that lost its connection may be back before the old one is known to be gone.
   */
  async change(
    { principal, mcpSessionId }: Caller,
    sessionId: string,
    command: Command,
    options?: AppendOptions,
  ): Promise<Appended> {
    let released: string | undefined;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const announced = this.#presence.announce({ principal, mcpSessionId });
      const asker = { principal, mcpSessionId, released };
      const append = this.#store.append(sessionId, command, { ...options, asker });
      const [appended] = await Promise.all([append, announced]);
      if (appended.heldBy === undefined) return appended;
      // Without an MCP session, nothing holds it from the caller.
      if (await this.#presence.keepsOut(mcpSessionId ?? '', appended.heldBy)) break;
      released = appended.heldBy;
    }
    throw heldError(sessionId);
  }

  async #checkHolder(caller: Caller, session: Session): Promise<void> {
    const { mcpSessionId: holder } = session;
    if (caller.mcpSessionId === null || holder === null || holder === caller.mcpSessionId) return;
    if (!(await this.#presence.keepsOut(caller.mcpSessionId, holder))) return;
    throw heldError(session.id);
  }
}

function ambiguousError(name: string, ids: readonly string[]): SessionError {
  const shown = ids.slice(0, ERROR_LIST_MAX).join(', ');
  const rest = ids.length > ERROR_LIST_MAX ? ' and others' : '';
  const message = `several of your sessions are named ${quoteId(name)}: ${shown}${rest}`;
  return new SessionError('INVALID_REQUEST', message, {
    hint: 'Pass the id of the one you mean; get_session and list_sessions show what each of them is.',
  });
}

function heldError(sessionId: string): SessionError {
  const message = `session ${sessionId} is tied to another MCP session that is still connected`;
  return new SessionError('CONFLICT', message, { hint: 'attach_session ties it to yours.' });
}
