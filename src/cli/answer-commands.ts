/** What a person types to answer a permission request. */

import { elicitedFields, whyUnanswerable } from '../session/elicitation.ts';
import type { PermissionRequest } from '../session/event.ts';
import { oneLine } from '../text.ts';
import { SHORT_ID_CHARS } from './sessions.ts';

type Asked = Pick<PermissionRequest, 'toolName' | 'input'>;

/** Whether Claude or an MCP server asks the person something, instead of asking for a permission. */
export function isQuestion({ toolName, input }: Asked): boolean {
  return toolName === 'AskUserQuestion' || elicitedFields(toolName, input) !== undefined;
}

export function shortRequestId(requestId: string): string {
  return oneLine(requestId.slice(0, SHORT_ID_CHARS));
}

/** Such as `claude-sessions-mcp allow 3f2a91bc (or deny)`. */
export function answerText(request: Asked & Pick<PermissionRequest, 'requestId'>): string {
  const id = shortRequestId(request.requestId);
  if (isQuestion(request)) return `claude-sessions-mcp answer ${id}`;
  const problem = whyUnanswerable(request.toolName, request.input);
  if (problem !== undefined) return `claude-sessions-mcp deny ${id}`;
  return `claude-sessions-mcp allow ${id} (or deny)`;
}
