/** A real MCP client over memory, which holds every result against the schema that the tool promises. */

import { Client, InMemoryTransport, type Transport } from '@modelcontextprotocol/client';
import { expect } from 'vitest';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode, type Failure } from '../../src/errors.ts';
import type { Caller } from '../../src/service/caller.ts';
import { TOOLS } from '../../src/tools/index.ts';
import type { Connections } from '../../src/transport/connections.ts';
import type { eventView } from '../../src/views/events.ts';
import type { requestView } from '../../src/views/request.ts';
import type { sessionView, turnView } from '../../src/views/session.ts';

export type SessionView = z.infer<typeof sessionView>;
export type TurnView = z.infer<typeof turnView>;
export type RequestView = z.infer<typeof requestView>;
export type EventView = z.infer<typeof eventView>;

type Made = { session: SessionView; turn?: TurnView };
type Shown = { session: SessionView };
type Answered = { request: RequestView };

/** What each tool answers. */
type Results = {
  create_session: Made;
  get_session: Shown;
  list_sessions: { sessions: SessionView[]; nextCursor?: string };
  send_prompt: { turn: TurnView; after: number; text?: string };
  read_events: {
    events: EventView[];
    nextAfter: number;
    hasMore: boolean;
    session: SessionView;
  };
  wait_sessions: { ready: string[]; sessions: SessionView[] };
  interrupt_session: Made;
  cancel_prompt: { turn: TurnView };
  list_permission_requests: { requests: RequestView[] };
  answer_permission_request: Answered;
  fork_session: Made;
  attach_session: Shown;
  link_task: Shown;
  unlink_task: Shown;
  end_session: { session: SessionView; ended: boolean };
  cleanup_sessions: { cleaned: number };
  get_metrics: Record<string, number>;
};

export type ToolName = keyof Results;

export type CallOptions = {
  /** The id that Claude Code puts into `_meta`. */
  readonly toolUseId?: string;
  /** Further entries of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
};

/** The error a tool answered, with all that a client reads of it. */
export class ToolError extends Error {
  readonly code: ErrorCode;
  readonly failure: Failure;

  constructor(tool: string, failure: Failure) {
    super(`${tool}: ${failure.message}`);
    this.code = failure.code;
    this.failure = failure;
  }
}

const errorText = z.strictObject({
  error: z.strictObject({
    code: z.enum(ERROR_CODES),
    message: z.string().min(1).max(1000),
    hint: z.string().min(1).max(1000).optional(),
    retryable: z.boolean(),
  }),
});

const outputs = new Map(TOOLS.map((tool) => [tool.name, tool.output.strict()]));

export class TestClient {
  readonly caller: Caller;
  readonly client = new Client({ name: 'test', version: '1.0.0' });
  onDisconnected: () => void = () => {};
  readonly #connections: Connections;
  #isConnected = true;

  constructor(caller: Caller, connections: Connections) {
    this.caller = caller;
    this.#connections = connections;
  }

  /** The result of a tool; throws a {@link ToolError} where it answers one. */
  async call<T extends ToolName>(
    tool: T,
    args: Record<string, unknown> = {},
    options: CallOptions = {},
  ): Promise<Results[T]> {
    const result = await this.raw(tool, args, options);
    if (!('structuredContent' in result)) throw new ToolError(tool, failureIn(result));
    return result.structuredContent as Results[T];
  }

  /** The error that a tool answers; throws where it answers none. */
  async refusal(tool: ToolName, args: Record<string, unknown>): Promise<Failure> {
    const result = await this.raw(tool, args);
    if ('structuredContent' in result) throw new Error(`${tool} did not refuse ${String(args)}`);
    return failureIn(result);
  }

  /** The answer as it stands, after the checks that every answer must pass. */
  async raw(tool: string, args: Record<string, unknown>, options: CallOptions = {}) {
    const { toolUseId, meta, signal } = options;
    const result = await this.client.callTool(
      {
        name: tool,
        arguments: args,
        _meta: {
          ...meta,
          ...(toolUseId !== undefined && { 'claudecode/toolUseId': toolUseId }),
        },
      },
      { ...(signal && { signal }) },
    );
    checkResult(tool, result);
    return result;
  }

  /** Ends the MCP session, as a DELETE or the end of input does. */
  async disconnect(): Promise<void> {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    await this.client.close();
    this.#connections.closed(this.caller);
    this.onDisconnected();
  }
}

export async function connectClient(connections: Connections, caller: Caller): Promise<TestClient> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = connections.createServer(caller, new AbortController().signal);
  await server.connect(asJson(far));
  connections.opened(caller);
  const connected = new TestClient(caller, connections);
  await connected.client.connect(asJson(near));
  return connected;
}

/** What is sent arrives as JSON brings it over: a copy, without what JSON cannot say. */
function asJson(transport: InMemoryTransport): Transport {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => send(JSON.parse(JSON.stringify(message)), options);
  return transport;
}

type Result = Awaited<ReturnType<Client['callTool']>>;

function checkResult(tool: string, result: Result): void {
  const [content, ...more] = result.content;
  if (content?.type !== 'text' || more.length > 0) throw new Error(`${tool}: not one text`);
  if (result.isError) {
    expect(result.structuredContent).toBeUndefined();
    errorText.parse(JSON.parse(content.text));
    return;
  }
  expect(JSON.parse(content.text)).toEqual(result.structuredContent);
  // What the schema does not name, at whatever depth, would be missing from what it makes.
  expect(outputs.get(tool)?.parse(result.structuredContent)).toEqual(result.structuredContent);
}

function failureIn(result: Result): Failure {
  const [content] = result.content;
  if (content?.type !== 'text') throw new Error('an error without a text');
  return errorText.parse(JSON.parse(content.text)).error as Failure;
}
