import { SILENT_MS_MIN } from '../limits.ts';
import type { Session } from './session.ts';

/**
 * Since when the log of a running turn has had nothing new, if that is worth saying. A session that asks for permission
 * is not silent: it waits for a person.
 *
 * @param now epoch milliseconds
 */
export function silentSince(session: Session, now: number): number | undefined {
  const { status, pendingPermissions, lastActivity } = session;
  const isSilent =
    status === 'busy' && pendingPermissions === 0 && now - lastActivity >= SILENT_MS_MIN;
  return isSilent ? lastActivity : undefined;
}
