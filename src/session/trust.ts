/** How much of its directory's own configuration counts for a session. */

import { TRUST_LEVELS, type TrustLevel } from './options.ts';
import type { Session } from './session.ts';

/** The level that the session's process was started with, or will be. */
export function settingsOf({ settings, options }: Session): TrustLevel {
  return settings ?? options.settings ?? 'none';
}

/** Whether the first level lets more count than the second. */
export function isAbove(level: TrustLevel, other: TrustLevel): boolean {
  return TRUST_LEVELS.indexOf(level) > TRUST_LEVELS.indexOf(other);
}

export function lowerOf(level: TrustLevel, other: TrustLevel): TrustLevel {
  return isAbove(level, other) ? other : level;
}
