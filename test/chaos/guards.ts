/** The process guards that a run can be made with. */

export const GUARD_KINDS = ['auto', 'namespace', 'supervisor', 'portable'] as const;
export type GuardKind = (typeof GUARD_KINDS)[number];

/** What makes a server use it. */
export function guardEnvironment(guard: GuardKind): Record<string, string> {
  if (guard === 'portable') return { CLAUDE_SESSIONS_TEST_PORTABLE: '1' };
  return { CLAUDE_SESSIONS_PROCESS_GUARD: guard };
}
