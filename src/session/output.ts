/** What Claude Code says, as something that takes room. */

import type { OutputBody } from './event.ts';

/** About how many bytes it will take in the log. */
export function sizeOfOutput(body: OutputBody): number {
  return body.type === 'tool_use' ? JSON.stringify(body.input ?? null).length : body.text.length;
}
