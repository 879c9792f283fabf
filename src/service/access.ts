/** Whose session it is (contract, section 4): the one gate that every read and every change passes. */

import { SessionError, SessionNotFoundError } from '../errors.ts';
import type { SessionState } from '../session/decide.ts';
import type { EventBody } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Appended, AppendOptions, Decision, RequestKey, Store } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { Presence } from './presence.ts';

const RETRIES_MAX = 5;

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
   * What the first call with this key was answered. A retry gets it whatever has changed meanwhile: a
   * client that has lost its connection may be back before anybody knows that the old one is gone.
   */
  async answered(key: RequestKey | undefined): Promise<Appended | undefined> {
    if (key === undefined) return undefined;
    try {
      // To no session at all: a key that is known is answered, one that is not writes nothing.
      return await this.#store.append('', () => [], { key });
    } catch (error) {
      if (error instanceof SessionNotFoundError) return undefined;
      throw error;
    }
  }

  /**
   * Appends what `decide` makes of the session, after the tie where the MCP session it was tied to is
   * gone. Throws like {@link changeable}, and whatever `decide` throws. A known key changes nothing.
   */
  async change(
    caller: Caller,
    sessionId: string,
    decide: Decision,
    options?: AppendOptions,
  ): Promise<Appended> {
    const known = await this.answered(options?.key);
    if (known !== undefined) return known;
    for (let retry = 0; ; retry++) {
      const { mcpSessionId: holder } = await this.changeable(caller, sessionId);
      const announced = this.#presence.announce(caller);
      try {
        const append = this.#store.append(sessionId, changeBy(caller, holder, decide), options);
        const [appended] = await Promise.all([append, announced]);
        return appended;
      } catch (error) {
        if (!(error instanceof HolderChanged) || retry === RETRIES_MAX) throw error;
      }
    }
  }

  async #checkHolder(caller: Caller, session: Session): Promise<void> {
    const { mcpSessionId: holder } = session;
    if (caller.mcpSessionId === null || holder === null || holder === caller.mcpSessionId) return;
    if (!(await this.#presence.isConnected(holder))) return;
    throw new SessionError(
      'CONFLICT',
      `session ${session.id} is tied to another MCP session that is still connected`,
      { hint: 'attach_session ties it to yours.' },
    );
  }
}

/** The session was tied anew between the look at its holder and the write. */
class HolderChanged extends Error {}

function changeBy(caller: Caller, holder: string | null, decide: Decision): Decision {
  return (state) => {
    if (state.session.principal !== caller.principal) {
      throw new SessionNotFoundError(state.session.id);
    }
    if (state.session.mcpSessionId !== holder) throw new HolderChanged();
    return [...tieTo(caller, state), ...decide(state)];
  };
}

function tieTo({ mcpSessionId }: Caller, { session }: SessionState): readonly EventBody[] {
  const isTied = mcpSessionId === null || mcpSessionId === session.mcpSessionId;
  if (isTied || session.status === 'terminated') return [];
  return [{ type: 'session_tied', mcpSessionId }];
}
