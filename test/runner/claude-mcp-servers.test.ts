import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { McpServer } from '../../src/runner/mcp-servers.ts';
import type { PermissionReply } from '../../src/runner/runner.ts';
import type { SessionOptions } from '../../src/session/options.ts';
import { lacksProc } from '../support/needs.ts';
import { httpServer, toolServer } from '../support/tool-servers.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

const KEY = world.environment.ANTHROPIC_API_KEY;
const TOKEN = 'correct horse 0123456789';
const ECHO = { tool: 'mcp__tools__echo', input: { text: 'hello' } };

/** A session of a server that has these MCP servers. */
function startWith(
  servers: Readonly<Record<string, McpServer>>,
  options: Partial<SessionOptions> = {},
): Promise<TestSession> {
  return world.start({ options }, world.runner({ mcpServers: new Map(Object.entries(servers)) }));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function results({ heard }: TestSession): string[] {
  return heard.all('tool_result').map(({ text }) => text);
}

function notices({ heard }: TestSession): string[] {
  return heard.all('notice').map(({ text }) => text);
}

describe("the operator's MCP servers", () => {
  test('are there for Claude, which asks before it uses them', async () => {
    const far = await httpServer();
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const session = await startWith({
      tools: toolServer(),
      far: { type: 'http', url: far.url, headers },
    });
    await session.turn([ECHO, { tool: 'mcp__far__ping', input: {} }]);
    expect(session.heard.asked).toMatchObject([
      { toolName: 'mcp__tools__echo', memory: { as: 'the tool mcp__tools__echo' } },
      { toolName: 'mcp__far__ping' },
    ]);
    expect(results(session)).toEqual(['hello', 'pong']);
    expect(far.headers.map(({ authorization }) => authorization)).toContain(`Bearer ${TOKEN}`);
    const asked = JSON.stringify(world.api.requests.at(-1)?.body);
    expect(asked).toContain('mcp__tools__echo\\n');
    expect(asked).toContain('mcp__far__ping\\n');
    expect(notices(session)).toEqual([]);
  });

  test('are those that the session names', async () => {
    const servers = { tools: toolServer(), other: toolServer() };
    const session = await startWith(servers, { mcpServers: ['other', 'gone'] });
    await session.turn([ECHO, { tool: 'mcp__other__echo', input: { text: 'there' } }]);
    expect(results(session)).toEqual([expect.stringContaining('No such tool'), 'there']);
    expect(notices(session)).toEqual([
      "The MCP server gone is no longer in the operator's --session-mcp-config; the session goes on without.",
    ]);
  });

  test('are allowed and forbidden by rules as in Claude Code', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const session = await startWith(Object.fromEntries(names.map((name) => [name, toolServer()])), {
      allowedTools: ['mcp__one', 'mcp__two__ec*'],
      disallowedTools: ['mcp__four', 'mcp__five__*'],
    });
    await session.turn(names.map((name) => ({ ...ECHO, tool: `mcp__${name}__echo` })));
    expect(session.heard.asked.map(({ toolName }) => toolName)).toEqual(['mcp__three__echo']);
    const none = expect.stringContaining('No such tool');
    expect(results(session)).toEqual(['hello', 'hello', 'hello', none, none]);
  });

  test.each(['none', 'memory', 'project', 'user'] as const)(
    'are there at level %s, in place of those of the repository with the same names',
    async (settings) => {
      const workingDirectory = join(world.directory, `repository-${settings}`);
      await mkdir(workingDirectory);
      const own = toolServer('', { TOKEN: 'of the repository' });
      const mcpServers = { tools: own, other: own };
      await writeFile(join(workingDirectory, '.mcp.json'), JSON.stringify({ mcpServers }));
      const options = { settings, workingDirectory, allowedTools: ['mcp__tools'] };
      const session = await startWith({ tools: toolServer('', { TOKEN }) }, options);
      const names = ['tools', 'other'];
      await session.turn(names.map((name) => ({ tool: `mcp__${name}__token`, input: {} })));
      const isLoaded = settings === 'project' || settings === 'user';
      const others = isLoaded ? digestOf('of the repository') : expect.stringContaining('No such');
      expect(results(session)).toEqual([digestOf(TOKEN), others]);
    },
  );

  test('are refused in plan mode', async () => {
    const options = { permissionMode: 'plan', allowedTools: ['mcp__tools'] } as const;
    const session = await startWith({ tools: toolServer() }, options);
    await session.turn([ECHO]);
    expect(results(session)).toEqual([expect.stringContaining('This session is in plan mode')]);
    expect(session.heard.asked).toEqual([]);
  });

  test.skipIf(lacksProc)('get their variables, which no command line shows', async () => {
    const session = await startWith({ tools: toolServer('', { TOKEN }) });
    const tool = { tool: 'mcp__tools__token', input: {} };
    await session.turn([tool, { tool: 'mcp__tools__echo', input: { text: `it is ${TOKEN}` } }]);
    expect(results(session)).toEqual([digestOf(TOKEN), 'it is [redacted]']);
    const lines = await Promise.all(
      (await session.processes()).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8')),
    );
    expect(lines.join()).toContain('tool-server.ts');
    expect(lines.join()).not.toContain(TOKEN);
  });

  test('that fail or are not loaded are named in a notice, once, and the turn goes on', async () => {
    const far: McpServer = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
    const missing = { command: 'no-such-program-anywhere' };
    const servers = { tools: toolServer(), fails: toolServer('fails'), far, missing };
    const session = await startWith({ ...servers, workspace: toolServer() });
    await session.turn([ECHO]);
    await session.turn([{ text: 'again' }]);
    expect(results(session)).toEqual(['hello']);
    expect(notices(session)).toEqual([
      'The MCP server fails cannot be started or reached; the session goes on without its tools.',
      'The MCP server far cannot be started or reached; the session goes on without its tools.',
      'The MCP server missing cannot be started or reached; the session goes on without its tools.',
      'The MCP server workspace was not loaded by Claude Code; the session goes on without its tools.',
    ]);
  });

  test('may ask the person, who answers, declines or lets it be', async () => {
    const session = await startWith({ tools: toolServer() }, { allowedTools: ['mcp__tools'] });
    const schema = { type: 'object', properties: { name: { type: 'string' } } };
    const ask = { tool: 'mcp__tools__ask', input: { text: `Who has ${KEY}?`, schema } };
    const visit = {
      tool: 'mcp__tools__visit',
      input: { text: 'Log in', url: 'https://x.example/' },
    };
    const replies: PermissionReply[] = [
      { decision: 'allow', updatedInput: { name: 'Bob' } },
      { decision: 'deny', message: 'no' },
      { decision: 'deny', message: 'too late', isUnanswered: true },
      { decision: 'allow', updatedInput: {} },
    ];
    session.heard.answer = () => replies.shift() ?? { decision: 'deny', message: 'no more' };
    await session.turn([ask, ask, ask, visit]);
    const requestedSchema = { ...schema };
    const input = { server: 'tools', message: 'Who has [redacted]?', requestedSchema };
    const asked = { toolName: 'Elicitation', input, description: expect.any(String) };
    const address = { server: 'tools', message: 'Log in', url: 'https://x.example/' };
    expect(session.heard.asked).toEqual([
      ...[asked, asked, asked, { ...asked, input: address }].map((each) => ({
        ...each,
        toolUseId: expect.any(String),
      })),
    ]);
    expect(results(session).map((text) => JSON.parse(text))).toEqual([
      { action: 'accept', content: { name: 'Bob' } },
      { action: 'decline' },
      { action: 'cancel' },
      { action: 'accept' },
    ]);
  });

  test('ask nobody in the mode that asks nobody, and an answer can stop the turn', async () => {
    const ask = {
      tool: 'mcp__tools__ask',
      input: { text: 'x', schema: { type: 'object', properties: {} } },
    };
    const options = { allowedTools: ['mcp__tools'] };
    const silent = await startWith(
      { tools: toolServer() },
      { ...options, permissionMode: 'dontAsk' },
    );
    await silent.turn([ask]);
    expect(silent.heard.asked).toEqual([]);
    expect(JSON.parse(results(silent)[0] ?? '')).toEqual({ action: 'decline' });
    const session = await startWith({ tools: toolServer() }, options);
    session.heard.answer = () => ({ decision: 'deny', message: 'stop', interrupt: true });
    expect(await session.turn([ask, { text: 'on' }])).toMatchObject({ state: 'interrupted' });
  });

  test('that die in a call are started again for the next one', async () => {
    const session = await startWith({ tools: toolServer() });
    const outcome = await session.turn([{ tool: 'mcp__tools__die', input: {} }, ECHO]);
    expect(outcome.state).toBe('completed');
    expect(results(session)).toEqual([expect.stringContaining('closed'), 'hello']);
  });
});
