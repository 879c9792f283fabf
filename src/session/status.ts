/**
 * What a status may become, in one table. The session room is pure: no clock, no I/O, no imports
 * from above, so every rule about a session can be read and tested here.
 */

export const SESSION_STATUSES = ['initializing', 'ready', 'busy', 'error', 'terminated'] as const;

export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** The one transition table. A status may always be set to itself, except after the end. */
export const TRANSITIONS: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
  initializing: ['initializing', 'ready', 'error', 'terminated'],
  ready: ['ready', 'initializing', 'busy', 'error', 'terminated'],
  busy: ['busy', 'ready', 'error', 'terminated'],
  error: ['error', 'initializing', 'ready', 'busy', 'terminated'],
  terminated: [],
};

export function isSessionStatus(value: unknown): value is SessionStatus {
  return SESSION_STATUSES.some((status) => status === value);
}

export function canBecome(from: SessionStatus, to: SessionStatus): boolean {
  return TRANSITIONS[from].includes(to);
}
