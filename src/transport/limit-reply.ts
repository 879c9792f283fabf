/** The answer to a tool call over a limit: a tool result, which a model can read, where an error would end its turn. */

import {
  type JSONRPCRequest,
  type JSONRPCResultResponse,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import { SessionError } from '../errors.ts';

/** @param hint when to come back */
export function limitReply(
  { id, params }: JSONRPCRequest,
  limit: string,
  hint: string,
): JSONRPCResultResponse {
  const error = new SessionError('LIMIT_EXCEEDED', limit, { hint }).toFailure();
  // Only the revisions since 2026-07-28 say in each request which they are.
  const isModern = params?._meta?.[PROTOCOL_VERSION_META_KEY] !== undefined;
  const result = {
    content: [{ type: 'text', text: JSON.stringify({ error }) }],
    isError: true,
    ...(isModern && { resultType: 'complete' }),
  };
  return { jsonrpc: '2.0', id, result };
}
