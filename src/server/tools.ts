/** Tools on the wire: the list, and a call with its errors as results. */

import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { failureOf, quoteId, SessionError } from '../errors.ts';
import { KEY_CHARS_MAX } from '../limits.ts';
import type { Caller } from '../service/caller.ts';
import { TOOLS } from '../tools/index.ts';
import type { Tool } from '../tools/tool.ts';
import type { ServerDeps } from './server.ts';
import { checkShape } from './shape.ts';
import { jsonSchema } from './tool-schema.ts';

/** Registers tools/list and tools/call for one caller. */
export function serveTools(server: Server, caller: Caller, deps: ServerDeps): void {
  server.setRequestHandler('tools/list', () => ({ tools: LISTED }));
  server.setRequestHandler('tools/call', async (request, context) => {
    const tool = BY_NAME.get(request.params.name);
    if (tool === undefined) {
      const text = `unknown tool ${quoteId(request.params.name)}`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, text);
    }
    return callTool(tool, request.params.arguments, { ...deps, caller, context });
  });
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
