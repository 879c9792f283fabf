/** MCP servers for the sessions of a test: programs that Claude Code starts, and one over HTTP. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { ROOT } from './client/program.ts';

/** The server of `test/runner/programs/tool-server.ts`, as a file for sessions has it. */
export function toolServer(mode = '', env: Record<string, string> = {}) {
  const program = join(ROOT, 'test', 'runner', 'programs', 'tool-server.ts');
  return { command: process.execPath, args: [program, mode], env };
}

type Call = { readonly id?: number; readonly method: string };

/** A server over HTTP with one tool, `ping`, until the test ends. It lets anybody in, and remembers the headers. */
export async function httpServer(): Promise<{ url: string; headers: IncomingHttpHeaders[] }> {
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer(async (request, response) => {
    headers.push(request.headers);
    const { id, method }: Call = JSON.parse((await text(request)) || '{"method": ""}');
    if (id === undefined) return response.writeHead(method === '' ? 405 : 202).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: RESULTS[method] ?? {} }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/mcp`, headers };
}

const RESULTS: Readonly<Record<string, unknown>> = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'ping', version: '1' },
  },
  'tools/list': { tools: [{ name: 'ping', inputSchema: { type: 'object' } }] },
  'tools/call': { content: [{ type: 'text', text: 'pong' }] },
};
