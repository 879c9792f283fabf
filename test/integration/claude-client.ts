/** The real Claude Code as a client of the program: its model calls what a script says. */

import {
  type McpHttpServerConfig,
  type McpStdioServerConfig,
  type OnElicitation,
  query,
} from '@anthropic-ai/claude-agent-sdk';
import { expect } from 'vitest';
import type { Workplace } from '../support/client/place.ts';
import { ROOT } from '../support/client/program.ts';
import { script } from '../support/messages-api.ts';

export type ToolStep = { readonly tool: string; readonly input: Record<string, unknown> };

export type ClaudeClient = {
  readonly place: Workplace;
  readonly entry: McpHttpServerConfig | McpStdioServerConfig;
  readonly steps: readonly ToolStep[];
  /** The directory that Claude Code is open in; where `mcp.json` is if absent, since its command names no folder. */
  readonly cwd?: string;
  /** Before a call is made; what it is made with. */
  readonly allow?: (
    tool: string,
    input: Record<string, unknown>,
  ) => Promise<Record<string, unknown>>;
  /** Fills in the forms that Claude Code shows. */
  readonly fillIn?: OnElicitation;
};

const PREFIX = 'mcp__claude-sessions__';

/** Has a Claude Code with this one server make the calls; what it was answered, as its model saw it. */
export async function callFromClaudeCode({
  place,
  entry,
  steps,
  cwd = ROOT,
  allow = async (_, input) => input,
  fillIn,
}: ClaudeClient): Promise<unknown[]> {
  const calls = steps.map(({ tool, input }) => ({ tool: PREFIX + tool, input }));
  const results: string[] = [];
  const asked: string[] = [];
  const conversation = query({
    prompt: script([...calls, { text: 'All answered.' }]),
    options: {
      cwd,
      env: claudeEnvironment(place),
      settingSources: [],
      strictMcpConfig: true,
      // The first prompt waits for the server: the script calls at once, while a model would look for the tool first.
      mcpServers: { 'claude-sessions': { ...entry, alwaysLoad: true } },
      ...(fillIn && { onElicitation: fillIn }),
      canUseTool: async (name, input) => {
        asked.push(name);
        const updatedInput = await allow(name.slice(PREFIX.length), input);
        return { behavior: 'allow', updatedInput };
      },
    },
  });
  for await (const message of conversation) {
    if (message.type === 'user') results.push(...resultTexts(message.message.content));
    if (message.type === 'result') {
      expect(message).toMatchObject({ subtype: 'success', result: 'All answered.' });
    }
  }
  expect(asked).toEqual(calls.map(({ tool }) => tool));
  expect(results).toHaveLength(calls.length);
  return results.map(readable);
}

/** What a tool answered; Claude Code's own words if it could not ask. */
function readable(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Our settings reach the server through its entry alone, as they would through a user's mcp.json. */
export function settingsOf({ env }: Workplace): Record<string, string> {
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
