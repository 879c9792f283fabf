/** An MCP client that starts the server as mcp.json says. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import type { SampleProject } from './sample.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const configSchema = z.object({
  mcpServers: z.object({
    'claude-sessions': z.object({ command: z.string(), args: z.array(z.string()) }),
  }),
});

/** What the demo looks at in the results, tool by tool; the server's own tests check the rest. */
const session = z.looseObject({
  id: z.string(),
  status: z.string(),
  taskId: z.string().nullable(),
  mcpSessionId: z.string().nullable(),
});
const turn = z.looseObject({
  id: z.string(),
  state: z.string(),
  error: z.looseObject({ message: z.string() }).optional(),
});
const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('turn_ended'), turnId: z.string(), turn }),
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool_use'), name: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('tool_result'), isError: z.boolean(), text: z.string() }),
  z.object({ type: z.literal('notice'), text: z.string() }),
]);
const otherEvent = z
  .looseObject({ type: z.string() })
  .transform(() => ({ type: 'other' as const }));
const metrics = z.looseObject({ completedTurns: z.number(), outputTokens: z.number() });

const results = {
  create_session: z.object({ session }),
  send_prompt: z.object({ turn, after: z.number() }),
  read_events: z.object({ events: z.array(z.union([event, otherEvent])), nextAfter: z.number() }),
  link_task: z.object({ session }),
  get_metrics: metrics,
  end_session: z.object({ session, ended: z.boolean() }),
};

type Results = { [K in keyof typeof results]: z.infer<(typeof results)[K]> };

export type DemoEvent = Results['read_events']['events'][number];

export type DemoClient = {
  call<K extends keyof Results>(tool: K, args: Record<string, unknown>): Promise<Results[K]>;
  close(): Promise<void>;
};

export async function connect(
  project: SampleProject,
  environment: Record<string, string>,
): Promise<DemoClient> {
  const text = await readFile(join(ROOT, 'mcp.json'), 'utf8');
  const { command, args } = configSchema.parse(JSON.parse(text)).mcpServers['claude-sessions'];
  const transport = new StdioClientTransport({
    command,
    args,
    cwd: ROOT,
    stderr: 'inherit',
    env: {
      ...environment,
      CLAUDE_SESSIONS_STATE_DIR: project.stateDirectory,
      CLAUDE_SESSIONS_ROOT: project.directory,
      CLAUDE_SESSIONS_LOG_LEVEL: 'error',
    },
  });
  const client = new Client({ name: 'demo', version: '1.0.0' });
  await client.connect(transport);
  return { call: (tool, args) => call(client, tool, args), close: () => client.close() };
}

async function call<K extends keyof Results>(
  client: Client,
  name: K,
  args: Record<string, unknown>,
): Promise<Results[K]> {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error(`${name} answered ${JSON.stringify(result.content)}`);
  return results[name].parse(result.structuredContent) as Results[K];
}
