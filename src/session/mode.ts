/**
 * The permission mode that a session has reached. Claude Code goes into plan mode when Claude asks for that, and leaves
 * it when its plan is approved; the next process starts in the mode reached.
 */

import type { EventBody } from './event.ts';
import type { PermissionMode, SessionOptions } from './options.ts';
import type { Session } from './session.ts';

export function modeOf({ permissionMode, options }: Session): PermissionMode {
  return permissionMode ?? options.permissionMode ?? 'default';
}

/** The session's options, in the mode reached. */
export function optionsNow({ permissionMode, options }: Session): SessionOptions {
  return permissionMode === undefined ? options : { ...options, permissionMode };
}

/**
 * The way into plan mode and out of it counts, and nothing else: no mode is reached that asks less than the one chosen.
 * After a plan that the caller asked for that is `default`. Sessions that never ask anybody stay as they were chosen.
 */
export function reachMode(session: Session, mode: PermissionMode): readonly EventBody[] {
  const now = modeOf(session);
  const chosen = session.options.permissionMode ?? 'default';
  if (mode === now || chosen === 'dontAsk' || chosen === 'bypassPermissions') return [];
  const isWayBack = now === 'plan' && (mode === 'default' || mode === chosen);
  if (mode !== 'plan' && !isWayBack) return [];
  return [{ type: 'session_updated', changes: { permissionMode: mode } }];
}
