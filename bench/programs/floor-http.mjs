// @ts-check
/** The floor over HTTP: the SDK's own transport, a server for each MCP session, and one tool that does nothing. */

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { Server } from '@modelcontextprotocol/server';

/** @type {Map<string, NodeStreamableHTTPServerTransport>} */
const transports = new Map();

/** @returns {Promise<NodeStreamableHTTPServerTransport>} */
async function open() {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void transports.set(id, transport),
  });
  const server = new Server({ name: 'floor', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/call', async () => ({ content: [] }));
  await server.connect(transport);
  return transport;
}

const http = createServer(async (request, response) => {
  const id = String(request.headers['mcp-session-id']);
  const transport = transports.get(id) ?? (await open());
  await transport.handleRequest(request, response);
});
http.keepAliveTimeout = 75_000;
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  if (typeof address === 'object')
    process.stderr.write(`serving MCP at http://127.0.0.1:${address?.port}/mcp\n`);
});
