/** One MCP server instance for one caller: the tools on the wire, and errors as results. */

import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { failureOf, quoteId, SessionError } from './errors.ts';
import { KEY_CHARS_MAX, TOOL_INPUT_DEPTH_MAX, TOOL_INPUT_ELEMENTS_MAX } from './limits.ts';
import type { Logger } from './log.ts';
import type { Caller } from './service/caller.ts';
import type { Service } from './service/service.ts';
import { TOOLS } from './tools/index.ts';
import type { Tool } from './tools/tool.ts';

const INSTRUCTIONS = [
  'Runs Claude Code sessions: give one a job with create_session and a prompt, follow it with read_events',
  '(waitMs with until "turn_end" waits without polling), send further prompts, and end_session when done.',
  'Calls answer at once unless you ask them to wait, or to stop something. get_metrics says what the work cost.',
].join(' ');

export type ServerDeps = {
  readonly service: Service;
  readonly log: Logger;
  readonly version: string;
};

/** Cheap: everything that does not depend on the caller is made once per process. */
export function createServer(caller: Caller, deps: ServerDeps): Server {
  const server = new Server(
    { name: 'claude-sessions-mcp', title: 'Claude Code sessions', version: deps.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler('tools/list', () => ({ tools: LISTED }));
  server.setRequestHandler('tools/call', async (request, context) => {
    const tool = BY_NAME.get(request.params.name);
    if (tool === undefined) {
      const text = `unknown tool ${quoteId(request.params.name)}`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, text);
    }
    return callTool(tool, request.params.arguments, { ...deps, caller, context });
  });
  return server;
}

const BY_NAME: ReadonlyMap<string, Tool> = new Map(TOOLS.map((tool) => [tool.name, tool]));

const LISTED = TOOLS.map((tool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: jsonSchema(tool.input, 'input'),
  outputSchema: jsonSchema(tool.output, 'output'),
  annotations: { title: tool.title, ...tool.hints },
}));

function jsonSchema(
  schema: z.ZodObject,
  io: 'input' | 'output',
): { type: 'object'; [name: string]: unknown } {
  const made = JSON.stringify(z.toJSONSchema(schema, { io }));
  return { ...JSON.parse(made, portable), type: 'object' };
}

/** The same schema in words that more clients read: one type in each place, and `true` for anything. */
function portable(name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (name === 'additionalProperties' && Object.keys(value).length === 0) return true;
  if (!('type' in value) || !Array.isArray(value.type)) return value;
  const { type, ...rest } = value;
  return { ...rest, anyOf: type.map((single) => ({ type: single })) };
}

type CallContext = ServerDeps & { readonly caller: Caller; readonly context: ServerContext };

async function callTool(tool: Tool, args: unknown, call: CallContext): Promise<CallToolResult> {
  const { service, caller, context, log } = call;
  const toolUseId = context.mcpReq._meta?.['claudecode/toolUseId'];
  try {
    checkShape(args);
    const data = await tool.call(args, {
      service,
      caller,
      signal: context.mcpReq.signal,
      ...(isKey(toolUseId) && { toolUseId }),
    });
    return { content: [{ type: 'text', text: JSON.stringify(data) }], structuredContent: data };
  } catch (error) {
    if (!(error instanceof SessionError)) log.error({ tool: tool.name, err: error }, 'tool failed');
    const text = JSON.stringify({ error: failureOf(error) });
    return { content: [{ type: 'text', text }], isError: true };
  }
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value.length <= KEY_CHARS_MAX;
}

/**
 * Refuses arguments so wide or deep that looking at them would cost more than the call, and the one
 * name that a schema's records would drop without a word.
 */
function checkShape(args: unknown): void {
  let elements = 0;
  const open: { value: unknown; depth: number }[] = [{ value: args, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (value === null || typeof value !== 'object') continue;
    if (Object.hasOwn(value, '__proto__')) {
      throw new SessionError('INVALID_REQUEST', 'arguments may not use the name __proto__');
    }
    const inner = Object.values(value);
    elements += inner.length;
    if (elements > TOOL_INPUT_ELEMENTS_MAX || depth > TOOL_INPUT_DEPTH_MAX) {
      throw new SessionError(
        'INVALID_REQUEST',
        `arguments may hold ${TOOL_INPUT_ELEMENTS_MAX} elements, ${TOOL_INPUT_DEPTH_MAX} levels deep`,
      );
    }
    for (const item of inner) open.push({ value: item, depth: depth + 1 });
  }
}
