/** A server over HTTP, and a client that costs as little as can be. */

import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Command } from './rpc.ts';

const PROTOCOL = '2025-11-25';

export class HttpServer {
  readonly url: URL;
  readonly #child: ChildProcess;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #headers: Record<string, string>;

  private constructor(child: ChildProcess, url: string, token: string) {
    this.#child = child;
    this.url = new URL(url);
    this.#headers = {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(token !== '' && { Authorization: `Bearer ${token}` }),
    };
  }

  /** @param token read once the server serves */
  static async start({ args, env }: Command, token: () => string): Promise<HttpServer> {
    const child = spawn(process.execPath, args, {
      env: { ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    for await (const [chunk] of on(child.stderr, 'data', { close: ['end'] })) {
      told += chunk;
      const url = /serving MCP at (\S+)\n/.exec(told)?.[1];
      if (url === undefined) continue;
      child.stderr.resume();
      return new HttpServer(child, url, token());
    }
    throw new Error(`the server ended before it served: ${told}`);
  }

  /** Opens an MCP session; its id. */
  async open(): Promise<string> {
    const params = {
      protocolVersion: PROTOCOL,
      capabilities: {},
      clientInfo: { name: 'bench', version: '1.0.0' },
    };
    const { response, body } = await this.#post({ id: 0, method: 'initialize', params });
    const id = response.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`no MCP session: ${response.statusCode} ${body}`);
    await this.#post({ method: 'notifications/initialized' }, id);
    return id;
  }

  /** Calls a tool; whether it was answered with a result. */
  async call(mcpSessionId: string, n: number, name: string): Promise<boolean> {
    const params = { name, arguments: {} };
    const { response, body } = await this.#post(
      { id: n, method: 'tools/call', params },
      mcpSessionId,
    );
    return (
      response.statusCode === 200 && body.includes('"result"') && !body.includes('"isError":true')
    );
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#child.kill();
    await once(this.#child, 'close');
  }

  async #post(
    message: object,
    mcpSessionId?: string,
  ): Promise<{ response: IncomingMessage; body: string }> {
    const own =
      mcpSessionId === undefined
        ? {}
        : { 'Mcp-Session-Id': mcpSessionId, 'MCP-Protocol-Version': PROTOCOL };
    const headers = { ...this.#headers, ...own };
    const sent = request(this.url, { method: 'POST', agent: this.#agent, headers });
    sent.end(JSON.stringify({ jsonrpc: '2.0', ...message }));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { response, body: await text(response) };
  }
}
