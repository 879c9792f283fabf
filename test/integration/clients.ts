/** Real MCP clients of both SDK generations behind one face, so that each test runs with all of them. */

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import type { Failure } from '../../src/errors.ts';
import type { EventView } from '../../src/views/events.ts';
import type { requestView } from '../../src/views/request.ts';
import type { sessionView, turnView } from '../../src/views/session.ts';

export type SessionView = z.infer<typeof sessionView>;
export type TurnView = z.infer<typeof turnView>;
export type RequestView = z.infer<typeof requestView>;

type Results = {
  create_session: { session: SessionView; turn?: TurnView };
  get_session: { session: SessionView };
  list_sessions: { sessions: SessionView[] };
  send_prompt: { turn: TurnView; after: number; text?: string };
  read_events: {
    events: EventView[];
    nextAfter: number;
    hasMore: boolean;
    session: SessionView;
  };
  link_task: { session: SessionView };
  get_metrics: Record<string, number>;
  wait_sessions: { ready: string[]; sessions: SessionView[] };
  cancel_prompt: { turn: TurnView };
  fork_session: { session: SessionView; turn?: TurnView };
  list_permission_requests: { requests: RequestView[] };
  answer_permission_request: { request: RequestView };
  end_session: { session: SessionView; ended: boolean };
  attach_session: { session: SessionView };
  interrupt_session: { session: SessionView; turn?: TurnView };
};

type ToolResult = { isError?: boolean | undefined; content: unknown; structuredContent?: unknown };

export type TestClient = {
  /** A call that succeeds; its result. */
  call<K extends keyof Results>(tool: K, args?: Record<string, unknown>): Promise<Results[K]>;
  /** A call that fails; its error. */
  fail(tool: string, args: Record<string, unknown>): Promise<Failure>;
  /** Also makes the client check each later result against the tool's output schema. */
  toolNames(): Promise<string[]>;
  /** What the client itself holds as its MCP session id. */
  readonly mcpSessionId: string | undefined;
  /** The negotiated revision, where the client tells. */
  readonly protocolVersion: string | undefined;
  /** The server's process id; 0 where the client did not start it. */
  readonly pid: number;
  close(): Promise<void>;
};

/** `v2 legacy` speaks 2025-11-25; `v2 auto` asks for the newest revision first. */
export const CLIENTS = ['v1', 'v2 legacy', 'v2 auto'] as const;
export type ClientKind = (typeof CLIENTS)[number];

const INFO = { name: 'integration-test', version: '1.0.0' };

export type StdioServer = {
  readonly command: string;
  readonly args: string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

/** Starts the server as a client's configuration would. Its standard error is ours. */
export function connectStdio(kind: ClientKind, server: StdioServer): Promise<TestClient> {
  const options = { ...server, env: { ...server.env } };
  return kind === 'v1'
    ? connectV1(new StdioV1(options))
    : connectV2(kind, new StdioClientTransport(options));
}

export function connectHttp(kind: ClientKind, url: string, token: string): Promise<TestClient> {
  const options = { requestInit: { headers: { authorization: `Bearer ${token}` } } };
  return kind === 'v1'
    ? connectV1(new HttpV1(new URL(url), options))
    : connectV2(kind, new StreamableHTTPClientTransport(new URL(url), options));
}

async function connectV1(transport: StdioV1 | HttpV1): Promise<TestClient> {
  const client = new ClientV1(INFO);
  onTestFinished(() => client.close());
  // The cast is for exactOptionalPropertyTypes, which the package was not built with.
  await client.connect(transport as Parameters<ClientV1['connect']>[0]);
  return {
    ...face(async (name, args) => {
      return (await client.callTool({ name, arguments: args })) as ToolResult;
    }),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    mcpSessionId: 'sessionId' in transport ? transport.sessionId : undefined,
    protocolVersion: undefined,
    pid: pidOf(transport),
    close: () => client.close(),
  };
}

async function connectV2(
  kind: 'v2 legacy' | 'v2 auto',
  transport: StdioClientTransport | StreamableHTTPClientTransport,
): Promise<TestClient> {
  const mode = kind === 'v2 auto' ? 'auto' : 'legacy';
  const client = new Client(INFO, { versionNegotiation: { mode } });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return {
    ...face((name, args) => client.callTool({ name, arguments: args })),
    toolNames: async () => (await client.listTools()).tools.map(({ name }) => name),
    mcpSessionId: 'sessionId' in transport ? transport.sessionId : undefined,
    protocolVersion: client.getNegotiatedProtocolVersion(),
    pid: pidOf(transport),
    close: () => client.close(),
  };
}

function pidOf(transport: object): number {
  return 'pid' in transport && typeof transport.pid === 'number' ? transport.pid : 0;
}

function face(
  callTool: (name: string, args: Record<string, unknown>) => Promise<ToolResult>,
): Pick<TestClient, 'call' | 'fail'> {
  return {
    call: async <K extends keyof Results>(tool: K, args: Record<string, unknown> = {}) => {
      const result = await callTool(tool, args);
      if (result.isError) throw new Error(`${tool} answered ${JSON.stringify(result.content)}`);
      return result.structuredContent as Results[K];
    },
    fail: async (tool, args) => {
      const result = await callTool(tool, args);
      if (!result.isError) throw new Error(`${tool} did not fail`);
      const [{ text }] = result.content as [{ text: string }];
      return (JSON.parse(text) as { error: Failure }).error;
    },
  };
}
