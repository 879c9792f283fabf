/** The use cases of a session: create, fork, find, attach, link, measure and end it. */

import { SessionNotFoundError } from '../errors.ts';
import { LIST_LIMIT_MAX } from '../limits.ts';
import { UPDATE_WAIT_MS } from '../process-limits.ts';
import type { Command } from '../session/command.ts';
import type { ForkOrigin, Trace, Turn, UsageByModel } from '../session/event.ts';
import { contributionOf, type Metrics } from '../session/metrics.ts';
import type { SessionOptions } from '../session/options.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import { optionsNow, type Update } from '../session/update.ts';
import type { IdleQuery, IdleSession, SearchQuery, SessionCursor } from '../store/queries.ts';
import type { Appended, RequestKey } from '../store/store.ts';
import { within } from '../timer.ts';
import type { Caller } from './caller.ts';
import type { Parts } from './core.ts';
import { firstInside, unnamedDirectory } from './directories.ts';
import { type MetricsScope, sumsName } from './metrics-scope.ts';
import { allowedOptions, checkMcpServers, checkMode, type Policy } from './policy.ts';
import { type GivenParts, withParts } from './prompt-parts.ts';
import { sandboxInForce } from './sandboxing.ts';
import { creationOf } from './session-creation.ts';
import { searchSessions } from './session-search.ts';

export type SessionsDeps = Policy &
  Pick<
    Parts,
    | 'store'
    | 'gate'
    | 'local'
    | 'control'
    | 'presence'
    | 'newId'
    | 'quota'
    | 'runner'
    | 'attachments'
    | 'schemas'
  > & {
    readonly defaultDirectory?: string | undefined;
  };

export type NewSession = GivenParts & {
  readonly options: Omit<SessionOptions, 'workingDirectory'> & {
    readonly workingDirectory?: string;
  };
  /** Where the client is open; asked only if no directory is named. */
  readonly clientRoots?: () => Promise<readonly string[]>;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taskId?: string;
  readonly prompt?: string;
  readonly key?: RequestKey;
  readonly trace?: Trace;
  readonly forkOf?: ForkOrigin;
};

export type SessionPage = {
  readonly sessions: readonly Session[];
  /** Where the next page begins, if there is one. */
  readonly next?: SessionCursor;
};

export type Measured = { readonly sums: Metrics; readonly usageByModel: UsageByModel };

export class Sessions {
  readonly #deps: SessionsDeps;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /**
   * Creates a session that is tied to the caller's MCP session. Its task and first prompt are part of the same write.
   *
   * @throws SessionError INVALID_REQUEST for a directory outside the roots or more trust than allowed, UNAVAILABLE for a
   *   sandbox that cannot be made, LIMIT_EXCEEDED
   */
  create(caller: Caller, asked: NewSession): Promise<{ session: Session; turn?: Turn }> {
    return this.#once(caller, asked.key, async () => {
      checkMcpServers(asked.options, this.#deps);
      return this.#make(caller, asked);
    });
  }

  /** A retry gets the session of the first call, even if a new one would be refused now. */
  async #once(
    { principal }: Caller,
    key: RequestKey | undefined,
    make: () => Promise<Appended>,
  ): Promise<{ session: Session; turn?: Turn }> {
    const { store, local } = this.#deps;
    const known = key && (await store.reply(key));
    const { session, reply } = known
      ? { session: await store.session(principal, known.sessionId), reply: known }
      : await make();
    if (session === undefined) throw new SessionNotFoundError(reply.sessionId);
    if (reply.turnId === undefined) return { session };
    local.poke();
    return { session, turn: await store.turn(session.id, reply.turnId) };
  }

  async #make(caller: Caller, asked: NewSession): Promise<Appended> {
    const { store, presence, newId, quota } = this.#deps;
    const options = await this.#options(caller, asked);
    const [sessionId, turnId] = [SESSION_ID_PREFIX + newId(), newId()];
    const { prompt = '' } = asked;
    return quota.forOne(caller.principal, () =>
      withParts(
        { ...asked, prompt, mode: 'queue', sessionId, turnId },
        this.#deps,
        async (parts) => {
          const announced = presence.announce(caller);
          const queued = { turnId, prompt, trace: asked.trace, ...parts };
          const events = creationOf(caller, asked, options, queued);
          const [made] = await Promise.all([store.create(sessionId, events, asked.key), announced]);
          return made;
        },
      ),
    );
  }

  /**
   * Branches the conversation: creates a session of this caller that continues from the current state of another one.
   *
   * @throws SessionNotFoundError, SessionError CONFLICT if another MCP session holds the original
   */
  fork(
    caller: Caller,
    named: string,
    asked: Pick<NewSession, 'name' | 'prompt' | 'key' | 'trace'>,
  ): Promise<{ session: Session; turn?: Turn }> {
    return this.#once(caller, asked.key, async () => {
      const origin = await this.#deps.gate.changeable(caller, named);
      const { labels } = origin;
      const options = optionsNow(origin);
      return this.#make(caller, { ...asked, options, labels, forkOf: { sessionId: origin.id } });
    });
  }

  get(caller: Caller, named: string): Promise<Session> {
    return this.#deps.gate.readable(caller, named);
  }

  /** The session with the options in force here, and what answers have allowed for the rest of it. */
  async inFull(
    caller: Caller,
    named: string,
  ): Promise<{ session: Session; remembered: readonly string[] }> {
    const session = await this.get(caller, named);
    const options = sandboxInForce(session.options, this.#deps);
    const remembered = await this.#deps.store.memories(session.id);
    return { session: { ...session, options }, remembered };
  }

  /**
   * Returns a page of a list of sessions. Every session that matched when the first page was read is on exactly one page,
   * whatever happens to it meanwhile.
   *
   * @param fitting how many of the sessions there is room for; at least one of them is on the page
   */
  async page(
    query: SearchQuery,
    fitting = (sessions: readonly Session[]): number => sessions.length,
  ): Promise<SessionPage> {
    const { limit, cursor } = query;
    // One more than is shown, to know whether there is another page.
    const { sessions: found, searchedTo } = await searchSessions(this.#deps.store, {
      ...query,
      limit: limit + 1,
    });
    const page = found.slice(0, limit);
    const sessions = page.slice(0, Math.max(1, fitting(page)));
    const [first, last] = [sessions[0], sessions.at(-1)];
    if (first === undefined || last === undefined || found.length === sessions.length) {
      return { sessions, ...(searchedTo && { next: searchedTo }) };
    }
    const asOf = cursor?.asOf ?? first.lastActivity;
    const { id, lastActivity, place = lastActivity } = last;
    return { sessions, next: { lastActivity: place, id, asOf } };
  }

  /** Ties the session to the caller's MCP session, even if another one of the same principal holds it. */
  async attach(caller: Caller, named: string): Promise<Session> {
    const { store, presence, gate } = this.#deps;
    const { mcpSessionId } = caller;
    const sessionId = await gate.idOf(caller, named);
    const announced = presence.announce(caller);
    const asker = { principal: caller.principal, mcpSessionId: null };
    const tied = store.append(sessionId, { type: 'tie', mcpSessionId }, { asker });
    const [{ session }] = await Promise.all([tied, announced]);
    return session;
  }

  /**
   * Changes what is given of the session; nothing if it is so already. What counts for its process reaches it wherever
   * it runs; if that is here, usually before this resolves.
   *
   * @throws SessionError INVALID_REQUEST for a permission mode that is not allowed, SESSION_NOT_READY if it has ended
   */
  async update(caller: Caller, named: string, asked: Update): Promise<Session> {
    checkMode(asked, this.#deps);
    const session = await this.#change(caller, named, { type: 'update', asked });
    const following = this.#deps.local.get(session.id)?.process?.follow(session);
    if (following !== undefined) await within(following, UPDATE_WAIT_MS);
    return session;
  }

  link(caller: Caller, named: string, taskId: string): Promise<Session> {
    return this.#change(caller, named, { type: 'link_task', taskId });
  }

  unlink(caller: Caller, named: string, taskId: string): Promise<Session> {
    return this.#change(caller, named, { type: 'unlink_task', taskId });
  }

  async #change(caller: Caller, named: string, command: Command): Promise<Session> {
    const { gate } = this.#deps;
    const sessionId = await gate.idOf(caller, named);
    return (await gate.change(caller, sessionId, command)).session;
  }

  /**
   * Ends sessions without activity for longer than `idleMs`, never a busy one.
   *
   * @throws the error of one that could not be ended, after all others have been
   */
  async endIdle(idle: Omit<IdleQuery, 'limit'>): Promise<number> {
    let ended = 0;
    for (;;) {
      const found = await this.#deps.store.idle({ ...idle, limit: LIST_LIMIT_MAX });
      const done = await Promise.allSettled(found.map((session) => this.#endIdle(session)));
      const count = done.filter((one) => one.status === 'fulfilled' && one.value).length;
      ended += count;
      if (count > 0) continue;
      const failed = done.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return ended;
    }
  }

  /**
   * Ends a session if nothing has happened to it since it was found idle, and only then its process: a turn that has
   * begun meanwhile must not be stopped.
   */
  async #endIdle({ id: sessionId, lastSeq }: IdleSession): Promise<boolean> {
    const { store, control } = this.#deps;
    const command = { type: 'end', reason: 'idle for too long', ifIdleSince: lastSeq } as const;
    const { events } = await store.append(sessionId, command);
    if (events.length === 0) return false;
    await control.whileStopped(sessionId, async () => {});
    return true;
  }

  /**
   * Ends the session: stops its turn, ends its process tree, and cancels its queued prompts.
   *
   * @returns `ended` is false if it had ended before
   */
  async end(
    caller: Caller,
    named: string,
    reason: string,
  ): Promise<{ session: Session; ended: boolean }> {
    const known = await this.#deps.gate.changeable(caller, named);
    if (known.status === 'terminated') return { session: known, ended: false };
    const { session, events } = await this.#deps.control.whileStopped(known.id, () =>
      this.#deps.gate.change(caller, known.id, { type: 'end', reason }),
    );
    return { session, ended: events.some((event) => event.type === 'session_ended') };
  }

  async metrics(caller: Caller, scope: MetricsScope): Promise<Measured> {
    const { store } = this.#deps;
    if (scope.of === 'session') {
      const session = await this.get(caller, scope.sessionId);
      return { sums: contributionOf(session), usageByModel: session.usageByModel ?? {} };
    }
    const name = sumsName(caller, scope);
    const { metrics, usageByModel } = await store.sums(caller.principal, name);
    return { sums: metrics, usageByModel };
  }

  async #options(
    { principal }: Caller,
    { options, clientRoots, forkOf }: NewSession,
  ): Promise<SessionOptions> {
    const workingDirectory =
      options.workingDirectory ??
      (await firstInside((await clientRoots?.()) ?? [], this.#deps.roots)) ??
      unnamedDirectory(this.#deps);
    const making = { principal, isFork: forkOf !== undefined };
    return allowedOptions({ ...options, workingDirectory }, making, this.#deps);
  }
}
