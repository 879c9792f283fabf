/**
 * An MCP server over stdio for the sessions of a test. Its argument says what it does wrong: `fails` at once, or `hangs`.
 * Otherwise it has the tools `echo`, `die`, `token` (the digest of TOKEN in its environment), `ask` and `visit`, which
 * elicit with the message and the schema, or the URL, of their arguments.
 */

import { createHash } from 'node:crypto';
import { type ElicitRequestFormParams, Server } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

const [mode] = process.argv.slice(2);
if (mode === 'fails') process.exit(3);
// Reads until its client leaves, and never says a word.
if (mode === 'hangs') process.stdin.resume();
else await serve();

type Asked = {
  text?: string;
  url?: string;
  schema?: ElicitRequestFormParams['requestedSchema'];
};

async function serve(): Promise<void> {
  const server = new Server({ name: 'tools', version: '1' }, { capabilities: { tools: {} } });
  const tools = ['echo', 'die', 'token', 'ask', 'visit'];
  server.setRequestHandler('tools/list', () => ({
    tools: tools.map((name) => ({
      name,
      description: name,
      inputSchema: { type: 'object' as const },
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const { text = '', url = '', schema }: Asked = params.arguments ?? {};
    if (params.name === 'die') process.exit(4);
    if (params.name === 'echo') return says(text);
    if (params.name === 'token') return says(digestOf(process.env.TOKEN ?? ''));
    const answer = await (schema === undefined
      ? mcpReq.elicitInput({ mode: 'url', message: text, url, elicitationId: 'visit' })
      : mcpReq.elicitInput({ message: text, requestedSchema: schema }));
    return says(JSON.stringify(answer));
  });
  await server.connect(new StdioServerTransport());
}

function says(text: string) {
  return { content: [{ type: 'text' as const, text }] };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
