/** Tools on the wire: the list, and a call with its errors as results. */

import {
  type CallToolResult,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { failureOf, quoteId } from '../errors.ts';
import { KEY_CHARS_MAX } from '../limits.ts';
import type { Caller } from '../service/caller.ts';
import { wellFormed } from '../text.ts';
import { TOOLS } from '../tools/index.ts';
import type { Tool } from '../tools/tool.ts';
import { beginReport } from './call-report.ts';
import type { ServerDeps } from './deps.ts';
import { checkShape } from './shape.ts';
import { jsonSchema } from './tool-schema.ts';
import { type TraceContext, traceContextOf } from './trace-context.ts';
import type { Waiting, Waitings } from './waiting.ts';

type ToolsDeps = ServerDeps & { readonly waitings: Waitings };

/** Registers tools/list and tools/call for one caller. */
export function serveTools(server: Server, caller: Caller, deps: ToolsDeps): void {
  server.setRequestHandler('tools/list', () => ({ tools: listed() }));
  server.setRequestHandler('tools/call', async (request, context) => {
    const tool = BY_NAME.get(request.params.name);
    if (tool === undefined) {
      deps.telemetry.toolCalled({ tool: 'unknown', outcome: 'INVALID_REQUEST', durationMs: 0 });
      const text = `unknown tool ${quoteId(request.params.name)}`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, text);
    }
    const trace = traceContextOf(context.mcpReq._meta);
    return callTool(tool, request.params.arguments, { ...deps, caller, context, trace });
  });
}

const BY_NAME: ReadonlyMap<string, Tool> = new Map(TOOLS.map((tool) => [tool.name, tool]));

/** Made when the first client asks: it takes as long as a quarter of the start. */
const listed = once(() =>
  TOOLS.map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    icons: tool.icons,
    inputSchema: jsonSchema(tool.input, 'input'),
    outputSchema: jsonSchema(tool.output, 'output'),
    annotations: { title: tool.title, ...tool.hints },
  })),
);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

type CallContext = ToolsDeps & {
  readonly caller: Caller;
  readonly context: ServerContext;
  readonly trace: TraceContext | undefined;
};

async function callTool(
  tool: Tool,
  args: unknown,
  call: CallContext,
): Promise<CallToolResult | InputRequiredResult> {
  const { caller, trace } = call;
  const report = beginReport({ tool, args, caller, trace }, call);
  try {
    checkShape(args);
    const result = await ('waitMs' in tool.input.shape ? runWaiting : runOnce)(tool, args, call);
    report({ result });
    return result;
  } catch (error) {
    report({ error });
    const text = JSON.stringify({ error: failureOf(error) });
    return { content: [{ type: 'text', text }], isError: true };
  }
}

async function runOnce(tool: Tool, args: unknown, call: CallContext): Promise<CallToolResult> {
  return resultOf(await run(tool, args, call));
}

async function runWaiting(
  tool: Tool,
  args: unknown,
  call: CallContext,
): Promise<CallToolResult | InputRequiredResult> {
  const waiting = await call.waitings.open(tool.name, call.context);
  try {
    const data = await run(tool, args, call, waiting);
    return (await waiting.instead()) ?? resultOf(data);
  } finally {
    waiting.close();
  }
}

async function run(
  tool: Tool,
  args: unknown,
  { service, caller, context, trace }: CallContext,
  waiting?: Waiting,
): Promise<Record<string, unknown>> {
  const toolUseId = context.mcpReq._meta?.['claudecode/toolUseId'];
  return tool.call(wellFormed(args), {
    service,
    caller,
    signal: waiting?.signal ?? context.mcpReq.signal,
    watch: waiting?.watch ?? (async () => false),
    ...(isKey(toolUseId) && { toolUseId }),
    ...(trace && { trace: trace.span }),
    ...(waiting?.callId !== undefined && { callId: waiting.callId }),
  });
}

function resultOf(data: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(data) }], structuredContent: data };
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= KEY_CHARS_MAX;
}
