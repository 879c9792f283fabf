/** Real MCP clients of both SDK generations behind one face. */

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type Args, type ToolAnswer, ToolClient } from './tools.ts';

/** `v2 legacy` speaks 2025-11-25; `v2 auto` asks for the newest revision first. */
export const CLIENTS = ['v1', 'v2 legacy', 'v2 auto'] as const;
export type ClientKind = (typeof CLIENTS)[number];

const INFO = { name: 'test', version: '1.0.0' };

/** How a client's configuration starts a server. */
export type StdioServer = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

type Transport = StdioClientTransport | StreamableHTTPClientTransport | StdioV1 | HttpV1;

export class SdkClient extends ToolClient {
  readonly #client: Client | ClientV1;
  readonly #transport: Transport;

  private constructor(client: Client | ClientV1, transport: Transport) {
    super();
    this.#client = client;
    this.#transport = transport;
  }

  /** Starts the server. Its standard error is ours. */
  static async overStdio(kind: ClientKind, server: StdioServer): Promise<SdkClient> {
    const options = { ...server, args: [...server.args], env: { ...server.env } };
    return kind === 'v1'
      ? await SdkClient.#connectV1(new StdioV1(options))
      : await SdkClient.#connectV2(kind, new StdioClientTransport(options));
  }

  static async overHttp(kind: ClientKind, url: string, token: string): Promise<SdkClient> {
    const options = { requestInit: { headers: { authorization: `Bearer ${token}` } } };
    return kind === 'v1'
      ? await SdkClient.#connectV1(new HttpV1(new URL(url), options))
      : await SdkClient.#connectV2(kind, new StreamableHTTPClientTransport(new URL(url), options));
  }

  static async #connectV1(transport: StdioV1 | HttpV1): Promise<SdkClient> {
    const client = new ClientV1(INFO);
    await client.connect(transport);
    return new SdkClient(client, transport);
  }

  static async #connectV2(
    kind: 'v2 legacy' | 'v2 auto',
    transport: StdioClientTransport | StreamableHTTPClientTransport,
  ): Promise<SdkClient> {
    const mode = kind === 'v2 auto' ? 'auto' : 'legacy';
    const client = new Client(INFO, { versionNegotiation: { mode } });
    await client.connect(transport);
    return new SdkClient(client, transport);
  }

  override async raw(name: string, args: Args = {}): Promise<ToolAnswer> {
    return (await this.#client.callTool({ name, arguments: args })) as ToolAnswer;
  }

  /** Also makes the client check each later result against the tool's output schema. */
  async toolNames(): Promise<string[]> {
    return (await this.#client.listTools()).tools.map(({ name }) => name);
  }

  /** What the client itself holds as its MCP session id. */
  get mcpSessionId(): string | undefined {
    return 'sessionId' in this.#transport ? this.#transport.sessionId : undefined;
  }

  /** The negotiated revision, if the client tells. */
  get protocolVersion(): string | undefined {
    const client = this.#client;
    return client instanceof Client ? client.getNegotiatedProtocolVersion() : undefined;
  }

  /** The server's process id; 0 if the client did not start it. */
  get pid(): number {
    return ('pid' in this.#transport && this.#transport.pid) || 0;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
