/** The status of a session in a few words: what it does, and whether a person is needed. The same words everywhere. */

import { hasFailed, type Session, silentSince } from '../session/session.ts';
import type { Style } from '../views/screen.ts';
import { showSession } from '../views/session.ts';
import type { Holders } from './holders.ts';

export type StatusWords = { readonly text: string; readonly style: Style | undefined };

export function statusOf(session: Session, holders: Holders, now: number): StatusWords {
  const { status, pendingPermissions, lastTurn } = session;
  if (status === 'terminated') return { text: status, style: 'dim' };
  if (holders.isAbandoned(session)) return { text: `${status}, no server`, style: 'red' };
  if (status === 'error') return { text: status, style: 'red' };
  if (pendingPermissions > 0) return { text: `${status}, asks`, style: 'yellow' };
  if (silentSince(session, now) !== undefined) return { text: 'busy, silent', style: 'yellow' };
  if (status === 'busy') return { text: status, style: 'green' };
  if (hasFailed(session)) return { text: `${status}, ${lastTurn?.state}`, style: 'red' };
  const isInterrupted = lastTurn?.state === 'interrupted';
  return isInterrupted
    ? { text: `${status}, interrupted`, style: 'yellow' }
    : { text: status, style: undefined };
}

/** As the tools return it, with its principal and the words for its status. */
export function sessionJson(session: Session, holders: Holders, now: number) {
  const statusText = statusOf(session, holders, now).text;
  return { ...showSession(session, now), principal: session.principal, statusText };
}
