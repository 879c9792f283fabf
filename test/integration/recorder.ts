/** Stands between an HTTP client and the server, changes nothing, and notes the MCP session ids that pass. */

import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export type Recorder = {
  /** For the client, in place of the server's. */
  readonly url: string;
  /** The ids that the server gave, in its answers to `initialize`. */
  readonly given: readonly string[];
  /** The tool calls that came, each with the id in its header. */
  readonly calls: readonly { readonly tool: string; readonly mcpSessionId: string | undefined }[];
};

export async function startRecorder(target: string): Promise<Recorder> {
  const given: string[] = [];
  const calls: { tool: string; mcpSessionId: string | undefined }[] = [];
  const { host } = new URL(target);
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const message = messageIn(body);
    if (message.method === 'tools/call') {
      const tool = message.params?.name ?? '';
      calls.push({ tool, mcpSessionId: headerOf(incoming.headers['mcp-session-id']) });
    }
    const { method } = incoming;
    const headers = { ...incoming.headers, host };
    const passed = forward(target, { method, headers }, (answer) => {
      const id = headerOf(answer.headers['mcp-session-id']);
      if (message.method === 'initialize' && id !== undefined) given.push(id);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    passed.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}${new URL(target).pathname}`, given, calls };
}

function messageIn(body: Buffer): { method?: string; params?: { name?: string } } {
  return body.length === 0 ? {} : JSON.parse(body.toString());
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
