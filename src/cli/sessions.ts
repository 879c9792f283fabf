/** What several commands show of sessions. */

import { SessionError } from '../errors.ts';
import { LOCAL_PRINCIPAL } from '../service/caller.ts';
import { findSession } from '../service/inspecting.ts';
import { type Session, silentSince, uuidOf } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import type { Style } from '../views/screen.ts';
import { showSession } from '../views/session.ts';
import type { CommandContext } from './terminal.ts';

const SHORT_CHARS_MIN = 8;

/** As the tools return it, with its principal. */
export function sessionJson(session: Session, now: number) {
  return { ...showSession(session, now), principal: session.principal };
}

/** Most state directories have no other principal than that of stdio. */
export function isOthers({ principal }: Session): boolean {
  return principal !== LOCAL_PRINCIPAL;
}

/** The status, and whether the session needs a person. */
export function statusText(session: Session, now: number): string {
  const { status, pendingPermissions } = session;
  if (status === 'busy' && pendingPermissions > 0) return 'busy, asks';
  return silentSince(session, now) === undefined ? status : 'busy, silent';
}

export function statusStyle(session: Session, now: number): Style | undefined {
  const { status, pendingPermissions } = session;
  if (pendingPermissions > 0 || silentSince(session, now) !== undefined) return 'yellow';
  if (status === 'busy') return 'green';
  if (status === 'error') return 'red';
  return status === 'terminated' ? 'dim' : undefined;
}

/** By id, the shortest beginnings of the UUIDs that differ from each other; commands accept them as ids. */
export function shortIds(sessions: readonly Session[]): ReadonlyMap<string, string> {
  const uuids = sessions.map(({ id }) => uuidOf(id));
  const longest = uuids.reduce((chars, uuid) => Math.max(chars, uuid.length), 0);
  let chars = SHORT_CHARS_MIN;
  while (
    chars < longest &&
    new Set(uuids.map((uuid) => uuid.slice(0, chars))).size < uuids.length
  ) {
    chars += 1;
  }
  return new Map(sessions.map(({ id }, at) => [id, uuids[at]?.slice(0, chars) ?? id]));
}

export type KnownSession = { readonly session: Session; readonly inspection: Inspection };

/**
 * The session that the command names, and the state it was read from.
 *
 * @throws SessionError if there is no such session
 */
export async function knownSession({
  settings,
  inspection,
}: CommandContext): Promise<KnownSession> {
  const { operand = '', stateDir } = settings;
  if (inspection !== undefined) {
    return { session: await findSession(inspection, operand), inspection };
  }
  throw new SessionError('SESSION_NOT_FOUND', `no session: ${noStateText(stateDir)}`, {
    hint: 'pass the --state-dir of your servers.',
  });
}

export function noStateText(stateDir: string): string {
  return `no server has run on the state directory ${stateDir} yet`;
}
