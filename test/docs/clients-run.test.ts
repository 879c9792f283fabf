/** The table of what was run: each client in the version that is installed, each test one that exists. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/client/program.ts';
import { page, sectionOf } from './markdown.ts';

const PACKAGES: Readonly<Record<string, string>> = {
  'MCP Inspector, command line': '@modelcontextprotocol/inspector',
  'MCP Inspector, page': '@modelcontextprotocol/inspector',
  'MCP SDK for TypeScript, v1': '@modelcontextprotocol/sdk',
  'MCP SDK for TypeScript, v2': '@modelcontextprotocol/client',
  'mcp-remote': 'mcp-remote',
  'OpenAI Agents SDK': '@openai/agents-core',
  'Google Gen AI SDK': '@google/genai',
  'LangChain MCP adapters': '@langchain/mcp-adapters',
  'AI SDK, MCP client': '@ai-sdk/mcp',
};

/** The cells of its rows. */
const rows = sectionOf(page('docs/clients.md'), 'What was run')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| client'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

function installed(client: string): string | undefined {
  const isClaude = client.startsWith('Claude Code');
  const name = isClaude ? '@anthropic-ai/claude-agent-sdk' : PACKAGES[client];
  if (name === undefined) return undefined;
  const file = join(ROOT, 'node_modules', name, 'package.json');
  const { version, claudeCodeVersion } = JSON.parse(readFileSync(file, 'utf8'));
  return isClaude ? claudeCodeVersion : version;
}

test('the table of what was run has the clients in the versions that the tests run', () => {
  const versions = rows.map(([client = '', version]) => [client, version]);
  const known = versions.filter(([client = '']) => installed(client) !== undefined);
  expect(known).toEqual(known.map(([client = '']) => [client, installed(client)]));
  const others = versions.filter((row) => !known.includes(row)).map(([client]) => client);
  expect(others).toEqual(['MCP SDK for Python', 'FastMCP, Python client']);
});

test('the table of what was run names tests that exist, for every client that was run', () => {
  for (const [client, ...cells] of rows) {
    const named = [...(cells.at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    const files = named.map((name) => join(ROOT, 'test', `${name}.test.ts`));
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    const run = cells.slice(1, -1).filter((cell) => cell !== '–');
    const byTest = run.filter((cell) => !cell.endsWith('by hand'));
    expect(files.length > 0 || cells.at(-1) === 'by hand', client).toBe(run.length > 0);
    if (byTest.length > 0) expect(files, client).not.toEqual([]);
  }
});
