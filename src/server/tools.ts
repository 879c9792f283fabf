/** Tools on the wire: the list, and a call with its errors as results. */

import {
  type CallToolRequestParams,
  type CallToolResult,
  type InputRequiredResult,
  specTypeSchemas as PARAMS,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import { failureOf, quoteId } from '../errors.ts';
import type { Forms } from '../forms/forms.ts';
import { KEY_CHARS_MAX } from '../limits.ts';
import type { Caller } from '../service/caller.ts';
import { TOOLS } from '../tools/index.ts';
import type { PreparedCall, Subject, Tool } from '../tools/tool.ts';
import { beginReport } from './call-report.ts';
import type { ClientRoots } from './client-roots.ts';
import type { ServerDeps } from './deps.ts';
import { inputSchema, outputSchemas } from './tool-schema.ts';
import { type TraceContext, traceContextOf } from './trace-context.ts';
import { openWaiting, type Waiting } from './waiting.ts';
import { reworded, rewordedFailure } from './wording.ts';

type ToolsDeps = Omit<ServerDeps, 'forms'> & {
  readonly forms: Forms;
  readonly roots: ClientRoots;
};

/** Registers tools/list and tools/call for one caller. */
export function serveTools(server: Server, caller: Caller, deps: ToolsDeps): void {
  server.setRequestHandler('tools/list', { params: PARAMS.PaginatedRequestParams }, () => ({
    tools: listed(),
  }));
  server.setRequestHandler('tools/call', { params: CHECKED }, async (params, context) => {
    const { name, arguments: args } = params;
    const tool = BY_NAME.get(name);
    if (tool === undefined) {
      deps.telemetry.toolCalled({ tool: 'unknown', outcome: 'INVALID_REQUEST', durationMs: 0 });
      const text = `unknown tool ${quoteId(name)}`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, text);
    }
    const trace = traceContextOf(context.mcpReq._meta);
    return callTool(tool, args, { ...deps, caller, context, trace });
  });
}

/** The SDK has checked the request before it calls the handler: a schema would only check it again. */
const CHECKED: StandardSchemaV1<CallToolRequestParams> = {
  '~standard': {
    version: 1,
    vendor: 'claude-sessions-mcp',
    validate: (params) => ({ value: params as CallToolRequestParams }),
  },
};

const BY_NAME: ReadonlyMap<string, Tool> = new Map(TOOLS.map((tool) => [tool.name, tool]));

/** Made when the first client asks: it takes a quarter of the time of a start. */
const listed = once(() => {
  const outputSchema = outputSchemas();
  return TOOLS.map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    icons: tool.icons,
    inputSchema: inputSchema(tool.input),
    outputSchema: outputSchema(tool.name, tool.output),
    annotations: { title: tool.title, ...tool.hints },
    _meta: tool.charsShownMax && { 'anthropic/maxResultSizeChars': tool.charsShownMax },
  }));
});

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

type Answered = {
  readonly result: CallToolResult | InputRequiredResult;
  readonly about: Subject;
};

async function callTool(
  tool: Tool,
  args: unknown,
  call: CallContext,
): Promise<CallToolResult | InputRequiredResult> {
  const { caller, trace } = call;
  const report = beginReport({ tool, args, caller, trace }, call);
  try {
    const prepared = tool.prepare(args);
    const { result, about } = prepared.waits
      ? await runWaiting(tool.name, prepared, call)
      : await run(prepared, call);
    report({ about });
    return result;
  } catch (error) {
    report({ error });
    const failure = failureOf(error);
    const told = call.reword === undefined ? failure : rewordedFailure(failure, call.reword);
    const text = JSON.stringify({ error: told });
    return { content: [{ type: 'text', text }], isError: true };
  }
}

async function runWaiting(
  tool: string,
  prepared: PreparedCall,
  call: CallContext,
): Promise<Answered> {
  const { forms, ending, service, context } = call;
  const waiting = await openWaiting(tool, context, { forms, ending, reader: service.reader });
  try {
    const answered = await run(prepared, call, waiting);
    const form = await waiting.instead();
    return form === undefined ? answered : { ...answered, result: form };
  } finally {
    waiting.close();
  }
}

async function run(
  prepared: PreparedCall,
  { service, caller, context, trace, reword, roots }: CallContext,
  waiting?: Waiting,
): Promise<Answered> {
  const toolUseId = context.mcpReq._meta?.['claudecode/toolUseId'];
  const { data, json, about } = await prepared.run({
    service,
    caller,
    signal: waiting?.signal ?? context.mcpReq.signal,
    watch: waiting?.watch ?? (async () => false),
    toolUseId: isKey(toolUseId) ? toolUseId : undefined,
    clientRoots: () => roots.list(context),
    trace: trace?.span,
    callId: waiting?.callId,
  });
  if (reword === undefined) return { result: resultOf(data, json), about };
  const worded = reworded(data, reword);
  return { result: resultOf(worded, JSON.stringify(worded)), about };
}

/** The data for both kinds of clients: those that read structured content, and those that read text. */
function resultOf(data: Record<string, unknown>, json: string): CallToolResult {
  return { content: [{ type: 'text', text: json }], structuredContent: data };
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= KEY_CHARS_MAX;
}
