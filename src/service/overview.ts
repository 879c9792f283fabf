/**
 * What the operator of a state directory sees, from outside of any server: the sessions of all principals. Only who may
 * read the directory gets here, so the gate of the callers does not stand in the way.
 */

import { quoteId, SessionError } from '../errors.ts';
import { PENDING_PERMISSIONS_MAX, STORE_POLL_MS } from '../limits.ts';
import type { PermissionRequest, SessionEvent } from '../session/event.ts';
import {
  combine,
  type Metrics,
  NO_METRICS,
  PRINCIPAL_SCOPE,
  taskScope,
} from '../session/metrics.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import type { Inspection, InspectionQuery } from '../store/inspection.ts';
import type { Lease } from '../store/store.ts';
import { Signal } from './waiters.ts';

const PAGE_EVENTS = 500;
/** So many sessions that a word may mean are named. */
const CANDIDATES_MAX = 5;
const UUID_PREFIX = /^[0-9a-f-]{1,36}$/i;

export type Sums = {
  readonly all: Metrics;
  readonly byPrincipal: readonly { readonly principal: string; readonly sums: Metrics }[];
};

export class Overview {
  readonly #inspection: Inspection;

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  list(query: InspectionQuery): Promise<readonly Session[]> {
    return this.#inspection.sessions(query);
  }

  /**
   * The session that a person means: by its id or UUID, by the beginning of either, or by its name. Among several, the
   * only one that has not ended.
   *
   * @throws SessionError SESSION_NOT_FOUND, or INVALID_REQUEST where it may mean several
   */
  async find(word: string): Promise<Session> {
    const found = await this.#candidates(word);
    const open = found.filter((session) => session.status !== 'terminated');
    const [only, ...others] = open.length > 0 ? open : found;
    if (only === undefined) throw notFound(word);
    if (others.length === 0) return only;
    throw ambiguous(word, [only, ...others]);
  }

  /** The newest events of a session, oldest first. */
  newest({ id, lastSeq }: Session, count: number): Promise<readonly SessionEvent[]> {
    return this.#inspection.events(id, Math.max(0, lastSeq - count), count);
  }

  /**
   * The log after a seq, page by page as it is written, whichever server writes it. It is over when the session has
   * ended, or is forgotten. Keeps the process alive while it waits.
   */
  async *follow(sessionId: string, after: number): AsyncGenerator<readonly SessionEvent[]> {
    const news = new Signal();
    const stop = this.#inspection.subscribe(() => news.fire());
    const poll = setInterval(() => news.fire(), STORE_POLL_MS);
    try {
      for (let seen = after; ; ) {
        const heard = news.next();
        const session = await this.#inspection.session(sessionId);
        const page = await this.#inspection.events(sessionId, seen, PAGE_EVENTS);
        seen = page.at(-1)?.seq ?? seen;
        if (page.length > 0) yield page;
        else if (session === undefined || session.status === 'terminated') return;
        else await heard;
      }
    } finally {
      stop();
      clearInterval(poll);
    }
  }

  /** The log after a seq as it stands. */
  async *log(sessionId: string, after: number): AsyncGenerator<readonly SessionEvent[]> {
    for (let seen = after; ; ) {
      const page = await this.#inspection.events(sessionId, seen, PAGE_EVENTS);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      seen = last.seq;
    }
  }

  /** What a session asks to be allowed, oldest first. */
  requests(session: Session): Promise<readonly PermissionRequest[]> {
    return this.#inspection.permissionRequests(session, PENDING_PERMISSIONS_MAX);
  }

  /** Who runs a session, if anybody does. */
  lease(session: Session): Promise<Lease | undefined> {
    return this.#inspection.lease(session.id);
  }

  /** The sums over all sessions, or those of one task; principals without any are left out. */
  async metrics(taskId?: string): Promise<Sums> {
    const scope = taskId === undefined ? PRINCIPAL_SCOPE : taskScope(taskId);
    const principals = await this.#inspection.principals();
    const byPrincipal = await Promise.all(
      principals.map(async (principal) => ({
        principal,
        sums: await this.#inspection.metrics(principal, scope),
      })),
    );
    const counted = byPrincipal.filter(({ sums }) => sums.totalSessions > 0);
    const all = counted.reduce((total, { sums }) => combine(total, sums), NO_METRICS);
    return { all, byPrincipal: counted };
  }

  close(): void {
    this.#inspection.close();
  }

  async #candidates(word: string): Promise<readonly Session[]> {
    const prefix = idPrefix(word);
    // One more than is named tells that there are more.
    const limit = CANDIDATES_MAX + 1;
    const byId = prefix === undefined ? [] : await this.#inspection.withPrefix(prefix, limit);
    const [first] = byId;
    if (first !== undefined && first.id === prefix) return [first];
    const byName = await this.#inspection.named(word, limit);
    return [...new Map([...byId, ...byName].map((session) => [session.id, session])).values()];
  }
}

/** Undefined where no id can begin so. */
function idPrefix(word: string): string | undefined {
  const uuid = word.startsWith(SESSION_ID_PREFIX) ? word.slice(SESSION_ID_PREFIX.length) : word;
  return UUID_PREFIX.test(uuid) ? SESSION_ID_PREFIX + uuid.toLowerCase() : undefined;
}

function notFound(word: string): SessionError {
  return new SessionError('SESSION_NOT_FOUND', `no session ${quoteId(word)}`, {
    hint: 'claude-sessions-mcp list --all names them.',
  });
}

function ambiguous(word: string, found: readonly Session[]): SessionError {
  const ids = found.slice(0, CANDIDATES_MAX).map((session) => session.id);
  const more = found.length > CANDIDATES_MAX ? ' and more' : '';
  return new SessionError('INVALID_REQUEST', `${quoteId(word)} may mean ${ids.join(', ')}${more}`, {
    hint: 'give more of the id.',
  });
}
