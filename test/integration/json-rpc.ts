/** MCP by hand on the program's own streams, for tests that look at each line. */

import { once } from 'node:events';
import type { Program } from '../support/program.ts';

export type Answer = { id?: unknown; result?: unknown; error?: unknown };

export async function initialize(program: Program): Promise<void> {
  await request(program, 'initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'by hand', version: '1.0.0' },
  });
  send(program, { method: 'notifications/initialized' });
}

/** The structured result of a tool call; undefined where it failed. */
export async function callTool(
  program: Program,
  name: string,
  args: Record<string, unknown>,
): Promise<unknown> {
  const { result } = await request(program, 'tools/call', { name, arguments: args });
  return (result as { structuredContent?: unknown } | undefined)?.structuredContent;
}

/** Sends one request and waits for the message that answers it. */
async function request(program: Program, method: string, params: unknown): Promise<Answer> {
  // As many as were answered so far: enough, because these tests send one request at a time.
  const id = linesOf(program.stdout()).length;
  send(program, { id, method, params });
  for (;;) {
    const answer = linesOf(program.stdout())
      .map((line) => JSON.parse(line) as Answer)
      .find((message) => message.id === id);
    if (answer !== undefined) return answer;
    await once(program.child.stdout, 'data');
  }
}

function send({ child }: Program, message: Record<string, unknown>): void {
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** The whole lines of a text, without the empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '');
}
