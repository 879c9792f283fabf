/** What several commands show of sessions. */

import { quoteId, SessionError } from '../errors.ts';
import { LOCAL_PRINCIPAL } from '../service/caller.ts';
import { SESSION_ID_PREFIX, type Session, uuidOf } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import { oneLine } from '../text.ts';
import type { CommandContext } from './terminal.ts';

/** Maximum number of sessions that the error for an ambiguous word names. */
const CANDIDATES_MAX = 5;
const UUID_PREFIX = /^[0-9a-f-]{1,36}$/i;

/** The beginning of a UUID that nearly always tells it from all others. */
export const SHORT_ID_CHARS = 8;

/** As commands accept it, unless another session's id begins like this. */
export function shortId({ id }: Session): string {
  return uuidOf(id).slice(0, SHORT_ID_CHARS);
}

/** Most state directories have no other principal than that of stdio. */
export function isOthers({ principal }: Session): boolean {
  return principal !== LOCAL_PRINCIPAL;
}

/** Its id, and its name if it has one. */
export function sessionTitle({ id, name }: Session): string {
  return name === undefined ? id : `${id} (${oneLine(name)})`;
}

/** @throws SessionError SESSION_NOT_READY if nothing can be done with the session any more */
export function refuseEnded({ id, status }: Session): void {
  if (status !== 'terminated') return;
  throw new SessionError('SESSION_NOT_READY', `session ${id} has ended`, {
    hint: 'claude-sessions-mcp list shows those that have not.',
  });
}

/** By id, the shortest beginnings of the UUIDs that differ from each other; commands accept them as ids. */
export function shortIds(sessions: readonly Session[]): ReadonlyMap<string, string> {
  const uuids = sessions.map(({ id }) => uuidOf(id));
  const longest = uuids.reduce((chars, uuid) => Math.max(chars, uuid.length), 0);
  const differ = (at: number) =>
    new Set(uuids.map((uuid) => uuid.slice(0, at))).size === uuids.length;
  let chars = SHORT_ID_CHARS;
  while (chars < longest && !differ(chars)) chars += 1;
  return new Map(sessions.map(({ id }, at) => [id, uuids[at]?.slice(0, chars) ?? id]));
}

/**
 * The session that the command names, and the state it was read from.
 *
 * @throws SessionError if there is no such session
 */
export async function knownSession(context: CommandContext) {
  const inspection = knownState(context);
  return { session: await findSession(inspection, context.settings.operand ?? ''), inspection };
}

/** @throws SessionError if there is no state yet, and so no session */
export function knownState({ settings, inspection }: CommandContext): Inspection {
  if (inspection !== undefined) return inspection;
  throw new SessionError('SESSION_NOT_FOUND', `no session: ${noStateText(settings.stateDir)}`, {
    hint: 'pass the --state-dir of your servers.',
  });
}

export function noStateText(stateDir: string): string {
  return `no server has run on the state directory ${stateDir} yet`;
}

/**
 * Returns the session that a person means by its id or UUID, by the beginning of either, or by its name. If several
 * match, the only one that has not ended.
 *
 * @throws SessionError SESSION_NOT_FOUND, or INVALID_REQUEST if several match
 */
export async function findSession(inspection: Inspection, word: string): Promise<Session> {
  const found = await sessionsMeant(inspection, word);
  const open = found.filter((session) => session.status !== 'terminated');
  const [only, ...others] = open.length > 0 ? open : found;
  if (only === undefined) throw notFound(word);
  if (others.length === 0) return only;
  throw ambiguous(word, [only, ...others]);
}

/** The sessions that a word may mean. */
export async function sessionsMeant(
  inspection: Inspection,
  word: string,
): Promise<readonly Session[]> {
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
