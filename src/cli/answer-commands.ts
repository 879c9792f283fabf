/** What a person types to answer a permission request. */

import type { PermissionRequest } from '../session/event.ts';
import { SHORT_ID_CHARS } from './sessions.ts';

/** Claude asks the person something, instead of asking for a permission. */
const QUESTION_TOOL = 'AskUserQuestion';

export function shortRequestId(requestId: string): string {
  return requestId.slice(0, SHORT_ID_CHARS);
}

/** Such as `claude-sessions-mcp allow 3f2a91bc (or deny)`. */
export function answerText(request: Pick<PermissionRequest, 'requestId' | 'toolName'>): string {
  const id = shortRequestId(request.requestId);
  if (request.toolName === QUESTION_TOOL) return `claude-sessions-mcp answer ${id}`;
  return `claude-sessions-mcp allow ${id} (or deny)`;
}
