/** What a person types to answer a permission request. */

import type { PermissionRequest } from '../session/event.ts';
import { oneLine } from '../text.ts';
import { SHORT_ID_CHARS } from './sessions.ts';

/** Whether Claude asks the person something, instead of asking for a permission. */
export function isQuestion({ toolName }: Pick<PermissionRequest, 'toolName'>): boolean {
  return toolName === 'AskUserQuestion';
}

export function shortRequestId(requestId: string): string {
  return oneLine(requestId.slice(0, SHORT_ID_CHARS));
}

/** Such as `claude-sessions-mcp allow 3f2a91bc (or deny)`. */
export function answerText(request: Pick<PermissionRequest, 'requestId' | 'toolName'>): string {
  const id = shortRequestId(request.requestId);
  if (isQuestion(request)) return `claude-sessions-mcp answer ${id}`;
  return `claude-sessions-mcp allow ${id} (or deny)`;
}
