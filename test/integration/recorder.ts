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
  /** The tool calls that came, in order. */
  readonly calls: readonly RecordedCall[];
};

export type RecordedCall = {
  readonly tool: string;
  /** From the header. */
  readonly mcpSessionId: string | undefined;
  /** By which Claude Code's call is known again when it is sent twice. */
  readonly toolUseId: unknown;
};

export async function startRecorder(target: string): Promise<Recorder> {
  const given: string[] = [];
  const calls: RecordedCall[] = [];
  const { host } = new URL(target);
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const message = messageIn(body);
    if (message.method === 'tools/call') {
      const { name: tool = '', _meta } = message.params ?? {};
      const mcpSessionId = headerOf(incoming.headers['mcp-session-id']);
      calls.push({ tool, mcpSessionId, toolUseId: _meta?.['claudecode/toolUseId'] });
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

type Message = {
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly _meta?: Readonly<Record<string, unknown>> };
};

function messageIn(body: Buffer): Message {
  return body.length === 0 ? {} : JSON.parse(body.toString());
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
