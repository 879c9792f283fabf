/**
 * The permission mode that a session has reached. Claude Code goes into plan mode when Claude asks for that, and leaves
 * it when its plan is approved; the next process starts in the mode reached.
 */

import type { EventBody } from './event.ts';
import type { PermissionMode, SessionChanges } from './options.ts';
import type { Session } from './session.ts';

export function modeOf({ permissionMode, options }: Session): PermissionMode {
  return permissionMode ?? options.permissionMode ?? 'default';
}

/** How often the caller has chosen a mode since the session was created. */
export function timesChosen({ chosenMode }: Session): number {
  return chosenMode?.times ?? 0;
}

/**
 * The way into plan mode and out of it counts, and nothing else: no mode is reached that asks less than the one chosen.
 * After a plan that the caller asked for at creation that is `default`. Sessions that ask nobody stay as they are.
 *
 * @param times how often the caller had chosen a mode, as far as the process knew: what it did before a later choice
 *   does not count
 */
export function reachMode(
  session: Session,
  mode: PermissionMode,
  times: number,
): readonly EventBody[] {
  const now = modeOf(session);
  const asksNobody = now === 'dontAsk' || now === 'bypassPermissions';
  if (mode === now || asksNobody || times < timesChosen(session)) return [];
  const isWayBack = now === 'plan' && (mode === 'default' || mode === wayBackOf(session));
  if (mode !== 'plan' && !isWayBack) return [];
  return [{ type: 'session_updated', changes: { permissionMode: mode } }];
}

/** The caller chooses a mode. Out of a plan that is chosen now, the way leads back to what was chosen before. */
export function chooseMode(session: Session, mode: PermissionMode): SessionChanges {
  const chosen = mode === 'plan' ? wayBackOf(session) : mode;
  return {
    permissionMode: mode,
    chosenMode: { mode: chosen, times: timesChosen(session) + 1 },
  };
}

function wayBackOf({ chosenMode, options }: Session): PermissionMode {
  return chosenMode?.mode ?? options.permissionMode ?? 'default';
}
