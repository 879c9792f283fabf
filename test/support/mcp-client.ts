/** A real MCP client over memory, which holds every result against the schema that the tool promises. */

import { Client, InMemoryTransport, type Transport } from '@modelcontextprotocol/client';
import { expect } from 'vitest';
import { z } from 'zod';
import { ERROR_CODES } from '../../src/errors.ts';
import type { Caller } from '../../src/service/caller.ts';
import { TOOLS } from '../../src/tools/index.ts';
import type { Connections } from '../../src/transport/connections.ts';
import { type Args, ToolClient } from './client/tools.ts';

export type CallOptions = {
  /** The id that Claude Code puts into `_meta`. */
  readonly toolUseId?: string;
  /** Further entries of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
};

const errorText = z.strictObject({
  error: z.strictObject({
    code: z.enum(ERROR_CODES),
    message: z.string().min(1).max(1000),
    hint: z.string().min(1).max(1000).optional(),
    retryable: z.boolean(),
  }),
});

const outputs = new Map(TOOLS.map((tool) => [tool.name, tool.output.strict()]));

export class TestClient extends ToolClient<CallOptions> {
  readonly caller: Caller;
  readonly client = new Client({ name: 'test', version: '1.0.0' });
  onDisconnected: () => void = () => {};
  readonly #connections: Connections;
  #isConnected = true;

  constructor(caller: Caller, connections: Connections) {
    super();
    this.caller = caller;
    this.#connections = connections;
  }

  /** The answer as it is, after the checks that every answer must pass. */
  override async raw(tool: string, args: Args = {}, options: CallOptions = {}) {
    const { toolUseId, meta, signal } = options;
    const result = await this.client.callTool(
      {
        name: tool,
        arguments: args,
        _meta: { ...meta, 'claudecode/toolUseId': toolUseId },
      },
      { signal },
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
