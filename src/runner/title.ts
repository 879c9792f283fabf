/** The title of a conversation, by which people find it in the lists of `claude --resume`. */

import { oneLine } from '../text.ts';

/** The title that a name makes; undefined without one. A name without anything visible makes none. */
export function titleOf(name: string | undefined): string | undefined {
  return oneLine(name ?? '') || undefined;
}

/**
 * Gives a conversation that exists another title, also while Claude Code runs it. Claude Code takes the title of a new one
 * from its start, so that without a conversation there is nothing to do.
 *
 * @param uuid of the conversation
 * @returns whether there was one
 */
export async function rename(uuid: string, name: string): Promise<boolean> {
  const title = titleOf(name);
  if (title === undefined) return false;
  const { renameSession } = await import('@anthropic-ai/claude-agent-sdk');
  return renameSession(uuid, title).then(
    () => true,
    () => false,
  );
}
