import {
  type McpHttpServerConfig,
  type McpStdioServerConfig,
  query,
} from '@anthropic-ai/claude-agent-sdk';
import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { script } from '../support/messages-api.ts';
import { commandOf, makeWorkplace, ROOT, startHttp, type Workplace } from '../support/program.ts';
import { connectHttp, connectStdio, type SessionView } from './clients.ts';
import { mcpJsonEntry } from './mcp-json.ts';
import { startRecorder } from './recorder.ts';

describe('the real Claude Code as a client', { timeout: 60_000 }, () => {
  test('starts the server from mcp.json and calls create_session and get_metrics', async () => {
    const place = await makeWorkplace();
    const { session, metrics } = await callFromClaudeCode(place, {
      ...(await mcpJsonEntry()),
      env: settingsOf(place),
    });
    expect(session).toMatchObject({ status: 'ready', workingDirectory: place.directory });
    expect(session.mcpSessionId).toMatch(/^stdio_/);
    expect(metrics).toMatchObject({ totalSessions: 1, activeSessions: 1, costUsd: 0 });
    await expect.poll(() => processesWith(place.stateDirectory), { timeout: 10_000 }).toEqual([]);

    const later = await connectStdio('v2 auto', { ...commandOf(), env: place.env });
    expect(await later.call('list_sessions')).toEqual({ sessions: [session] });
  });

  test('over HTTP gets an Mcp-Session-Id, and its session shows that one', async () => {
    const place = await makeWorkplace();
    const program = await startHttp(place);
    const recorder = await startRecorder(program.url);
    const { session, metrics } = await callFromClaudeCode(place, {
      type: 'http',
      url: recorder.url,
      headers: { Authorization: `Bearer ${program.token}` },
    });
    expect(session.mcpSessionId).toEqual(expect.any(String));
    expect(recorder.given).toContain(session.mcpSessionId);
    expect(recorder.calls).toEqual([
      { tool: 'create_session', mcpSessionId: session.mcpSessionId },
      { tool: 'get_metrics', mcpSessionId: session.mcpSessionId },
    ]);
    expect(metrics).toMatchObject({ totalSessions: 1, activeSessions: 1, costUsd: 0 });

    const other = await connectHttp('v1', program.url, program.token);
    expect(await other.call('list_sessions')).toEqual({ sessions: [session] });
    expect(other.mcpSessionId).not.toBe(session.mcpSessionId);
  });
});

/** Has a Claude Code with this one server call both tools; what it was answered, as its model saw it. */
async function callFromClaudeCode(
  place: Workplace,
  entry: McpHttpServerConfig | McpStdioServerConfig,
): Promise<{ session: SessionView; metrics: Record<string, number> }> {
  const steps = [
    {
      tool: 'mcp__claude-sessions__create_session',
      input: { workingDirectory: place.directory, name: 'from Claude Code' },
    },
    { tool: 'mcp__claude-sessions__get_metrics', input: {} },
    { text: 'Both answered.' },
  ];
  const results: string[] = [];
  const asked: string[] = [];
  const conversation = query({
    prompt: script(steps),
    options: {
      // Where mcp.json is, as in a clone: its command names no folder.
      cwd: ROOT,
      env: claudeEnvironment(place),
      settingSources: [],
      strictMcpConfig: true,
      // The first prompt waits for the server: the script calls at once, where a model would look for the tool.
      mcpServers: { 'claude-sessions': { ...entry, alwaysLoad: true } },
      canUseTool: async (name, input) => {
        asked.push(name);
        return { behavior: 'allow', updatedInput: input };
      },
    },
  });
  for await (const message of conversation) {
    if (message.type === 'user') results.push(...resultTexts(message.message.content));
    if (message.type === 'result') {
      expect(message).toMatchObject({ subtype: 'success', result: 'Both answered.' });
    }
  }
  expect(asked).toEqual(steps.flatMap(({ tool }) => tool ?? []));
  expect(results).toHaveLength(2);
  const [created, metrics] = results.map((text): unknown => JSON.parse(text));
  const { session } = created as { session: SessionView };
  return { session, metrics: metrics as Record<string, number> };
}

/** Our settings reach the server through its entry alone, as they would through a user's mcp.json. */
function settingsOf({ env }: Workplace): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isSetting(name)));
}

function claudeEnvironment({ env }: Workplace): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isSetting(name)));
}

function isSetting(name: string): boolean {
  return name.startsWith('CLAUDE_SESSIONS_');
}

type Block = { type: string; content?: unknown };

function resultTexts(content: string | readonly object[]): string[] {
  if (typeof content === 'string') return [];
  const results = (content as readonly Block[]).filter(({ type }) => type === 'tool_result');
  return results.map((block) => {
    if (typeof block.content === 'string') return block.content;
    return (block.content as { text: string }[]).map(({ text }) => text).join('');
  });
}
