/**
 * What the operator of a state directory looks up without a server, in the sessions of all principals. Whoever can read
 * the directory may read all of it, so no gate checks the caller.
 */

import { quoteId, SessionError } from '../errors.ts';
import { STORE_POLL_MS } from '../limits.ts';
import type { SessionEvent } from '../session/event.ts';
import {
  combine,
  type Metrics,
  NO_METRICS,
  PRINCIPAL_SCOPE,
  taskScope,
} from '../session/metrics.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import { Signal } from './waiters.ts';

const PAGE_EVENTS = 500;
/** Maximum number of sessions that the error for an ambiguous word names. */
const CANDIDATES_MAX = 5;
const UUID_PREFIX = /^[0-9a-f-]{1,36}$/i;

export type Sums = {
  readonly all: Metrics;
  readonly byPrincipal: readonly { readonly principal: string; readonly sums: Metrics }[];
};

/**
 * Returns the session that a person means by its id or UUID, by the beginning of either, or by its name. If several
 * match, the only one that has not ended.
 *
 * @throws SessionError SESSION_NOT_FOUND, or INVALID_REQUEST if several match
 */
export async function findSession(inspection: Inspection, word: string): Promise<Session> {
  const found = await candidates(inspection, word);
  const open = found.filter((session) => session.status !== 'terminated');
  const [only, ...others] = open.length > 0 ? open : found;
  if (only === undefined) throw notFound(word);
  if (others.length === 0) return only;
  throw ambiguous(word, [only, ...others]);
}

/**
 * Yields the events after a seq page by page, and then new ones as they are written, by whichever server. Returns once the
 * session has ended or been deleted. Keeps the process alive while it waits.
 */
export async function* followEvents(
  inspection: Inspection,
  sessionId: string,
  after: number,
): AsyncGenerator<readonly SessionEvent[]> {
  const news = new Signal();
  const stop = inspection.subscribe(() => news.fire());
  const poll = setInterval(() => news.fire(), STORE_POLL_MS);
  try {
    for (let seen = after; ; ) {
      const heard = news.next();
      const session = await inspection.session(sessionId);
      const page = await inspection.events(sessionId, seen, PAGE_EVENTS);
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

/** Yields the events after a seq page by page, up to the end of the log. */
export async function* storedEvents(
  inspection: Inspection,
  sessionId: string,
  after: number,
): AsyncGenerator<readonly SessionEvent[]> {
  for (let seen = after; ; ) {
    const page = await inspection.events(sessionId, seen, PAGE_EVENTS);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    seen = last.seq;
  }
}

/** Returns the sums over all sessions, or those of one task; principals without sessions are left out. */
export async function sumsOf(inspection: Inspection, taskId?: string): Promise<Sums> {
  const scope = taskId === undefined ? PRINCIPAL_SCOPE : taskScope(taskId);
  const sumsBy = async (principal: string) => ({
    principal,
    sums: await inspection.metrics(principal, scope),
  });
  const everybody = await Promise.all((await inspection.principals()).map(sumsBy));
  const byPrincipal = everybody.filter(({ sums }) => sums.totalSessions > 0);
  const all = byPrincipal.reduce((total, { sums }) => combine(total, sums), NO_METRICS);
  return { all, byPrincipal };
}

async function candidates(inspection: Inspection, word: string): Promise<readonly Session[]> {
  const prefix = idPrefix(word);
  // One more than is named, to say that there are more.
  const limit = CANDIDATES_MAX + 1;
  const byId = prefix === undefined ? [] : await inspection.withPrefix(prefix, limit);
  const [first] = byId;
  if (first !== undefined && first.id === prefix) return [first];
  const byName = await inspection.named(word, limit);
  return [...new Map([...byId, ...byName].map((session) => [session.id, session])).values()];
}

/** Undefined if no id can begin like this. */
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
