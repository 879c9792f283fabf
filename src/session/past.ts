/** What the log says of a session's conversation. */

import type { Session } from './session.ts';

/**
 * `answered`: Claude has answered in it, so that it exists. `tried`: turns have failed or were lost, and may have left
 * nothing.
 */
export type Past = 'tried' | 'answered';

/** Undefined if no turn has come to an end yet that could have left something. */
export function pastOf({ turns, usage }: Session): Past | undefined {
  if (turns.completed > 0 || usage.inputTokens + usage.outputTokens > 0) return 'answered';
  return turns.failed > 0 ? 'tried' : undefined;
}
