/**
 * The SDK's server, but for what it says of wrong parameters: it takes them for a defect of ours (-32603), and shows the
 * schema library's own account of them.
 */

import {
  type JSONRPCRequest,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

type Handler = (request: JSONRPCRequest, context: ServerContext) => Promise<Result>;

const PROBLEMS_SHOWN_MAX = 3;

export class CheckedServer extends Server {
  // The SDK's hook around every handler, its own included.
  protected override _wrapHandler(method: string, handler: Handler): Handler {
    const wrapped = super._wrapHandler(method, handler);
    return async (request, context) => {
      try {
        return await wrapped(request, context);
      } catch (error) {
        throw wrongParams(method, error) ?? error;
      }
    };
  }
}

/** The error to answer with, where this one is the schema library's. */
function wrongParams(method: string, error: unknown): ProtocolError | undefined {
  const problems = error instanceof Error ? problemsIn(error.message) : undefined;
  if (problems === undefined) return undefined;
  const text = `wrong parameters of ${method}: ${problems.join('; ')}`;
  return new ProtocolError(ProtocolErrorCode.InvalidParams, text);
}

const issues = z.array(
  z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }),
);

/** What the schema found, a line for each; undefined where this is no text of its making. */
function problemsIn(message: string): string[] | undefined {
  const list = /(?:^|: )(\[\n.*\])$/s.exec(message)?.[1];
  if (list === undefined) return undefined;
  const found = issues.safeParse(JSON.parse(list)).data;
  return found
    ?.slice(0, PROBLEMS_SHOWN_MAX)
    .map(({ path, message: problem }) => `${path.join('.') || 'message'}: ${problem}`);
}
