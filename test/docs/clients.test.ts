import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { TOOLS } from '../../src/tools/index.ts';
import type { Workplace } from '../support/client/place.ts';
import { ROOT } from '../support/client/program.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, connectStdio, makeWorkplace } from '../support/program.ts';
import { addedToClaude } from './claude-mcp.ts';
import { blocksOf, page, sectionOf } from './markdown.ts';

const run = promisify(execFile);
const clients = page('docs/clients.md');
const readme = page('README.md');

const started = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()).optional(),
});
const served = z.strictObject({
  type: z.literal('http'),
  url: z.string(),
  headers: z.strictObject({ Authorization: z.string() }),
});
const entry = z.strictObject({ 'claude-sessions': z.union([started, served]) });
const file = z.union([
  z.strictObject({ mcpServers: entry }).transform(({ mcpServers }) => mcpServers),
  z
    .strictObject({ servers: entry, inputs: z.array(z.looseObject({ id: z.string() })) })
    .transform(({ servers }) => servers),
]);

/** The entry of the one block of JSON, as the client would read it, with something for each of its blanks. */
function entryIn(text: string, blanks: Readonly<Record<string, string>> = {}) {
  const [block = '', ...more] = blocksOf(text, 'json');
  expect(more).toEqual([]);
  const filled = Object.entries(blanks).reduce(
    (all, [blank, by]) => all.replaceAll(blank, by),
    block,
  );
  return file.parse(JSON.parse(filled))['claude-sessions'];
}

describe('the client configurations', { timeout: 180_000 }, () => {
  test.each([
    ['of the README', sectionOf(readme, 'Connect a client')],
    ...['Claude Desktop', 'VS Code', 'Cursor'].map((name) => [name, sectionOf(clients, name)]),
  ])('%s: the file starts the server', async (_, section = '') => {
    const place = await makeWorkplace();
    const { command, args, env } = started.parse(entryIn(section));
    expect(Object.keys(env ?? {})).toEqual(['ANTHROPIC_API_KEY']);
    const server = { command, args, env: { ...place.env, ...env }, cwd: place.scratch };
    const client = await connectStdio('v1', server);
    expect(await client.toolNames()).toEqual(TOOLS.map(({ name }) => name));
  });

  test('every JSON block is a configuration of a client', () => {
    const blocks = [readme, clients].flatMap((text) => blocksOf(text, 'json'));
    expect(blocks.length).toBeGreaterThan(5);
    for (const block of blocks) expect(() => file.parse(JSON.parse(block))).not.toThrow();
  });

  test('Claude Code: `claude mcp add` of the README and the page makes an entry that connects', async () => {
    const lines = [readme, sectionOf(clients, 'Claude Code')].map(
      (text) => /^claude mcp add .* start$/m.exec(text)?.[0] ?? '',
    );
    expect(lines[0]).toBe(lines[1]);
    expect(await addedToClaude(await makeWorkplace(), lines[0])).toContain('✔ Connected');
  });

  test('HTTP: the line that the server prints makes an entry that connects', async () => {
    const place = await makeWorkplace();
    const { stderr } = await place.startHttp();
    await expect.poll(stderr).toMatch(/claude mcp add .*\n/);
    const [line = ''] = /claude mcp add .*/.exec(stderr()) ?? [];
    expect(await addedToClaude(place, line)).toContain('✔ Connected');
  });

  test('HTTP: the files reach a server that runs, directly and through mcp-remote', async () => {
    const place = await makeWorkplace();
    const { url, token } = await place.startHttp();
    const blanks = { 'http://127.0.0.1:7337/mcp': url, TOKEN: token };
    const section = sectionOf(clients, 'One server for several clients');
    const [direct = '', remote = ''] = section.split('Cursor uses');
    const { headers, ...to } = served.parse(entryIn(direct, blanks));
    expect(to).toEqual({ type: 'http', url });
    const client = await connectHttp('v1', {
      url,
      token: headers.Authorization.replace('Bearer ', ''),
    });
    const names = await client.toolNames();
    const { command, args, env } = started.parse(entryIn(remote, blanks));
    const through = await connectStdio('v1', {
      command,
      args,
      env: { ...place.env, ...env },
      cwd: ROOT,
    });
    expect(await through.toolNames()).toEqual(names);
  });

  test('Inspector: both lines do what they say', async () => {
    const place = await makeWorkplace();
    const lines = blocksOf(sectionOf(clients, 'MCP Inspector'), 'sh');
    const [list, called] = await Promise.all(
      lines.map((line) => run('sh', ['-c', line], { cwd: ROOT, env: { ...place.env } })),
    );
    expect(list?.stdout).toContain('"create_session"');
    expect(called?.stdout).toContain('"ready"');
    expect(called?.stdout).toContain('first');
  });
});

describe('the programs', { timeout: 180_000 }, () => {
  const [agent = '', program = ''] = blocksOf(clients, 'ts');

  test('TypeScript: both have right types', async () => {
    const folder = inClone({ 'agent.ts': agent, 'program.ts': program });
    const flags =
      '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2024 --types node';
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    await run(tsc, [...flags.split(' '), 'agent.ts', 'program.ts'], { cwd: folder });
  });

  test('TypeScript: the program with the MCP SDK has Claude answer', async () => {
    const place = await makeWorkplace();
    const folder = inClone({ 'program.ts': program });
    const args = ['program.ts', place.directory, script([{ text: 'Here I am.' }])];
    const { stdout } = await run(process.execPath, args, { cwd: folder, env: { ...place.env } });
    expect(stdout).toBe('completed Here I am.\n');
  });

  test('TypeScript: the agent of the Agent SDK calls the server', async () => {
    const place = await makeWorkplace();
    const folder = inClone({ 'agent.ts': agent });
    const steps = [
      { tool: 'mcp__claude-sessions__create_session', input: { name: 'by an agent' } },
      { text: 'It is made.' },
    ];
    const args = ['agent.ts', script(steps)];
    const { stdout } = await run(process.execPath, args, { cwd: folder, env: { ...place.env } });
    expect(stdout).toBe('It is made.\n');
    const client = await connectAgain(place);
    expect(await client.call('list_sessions')).toMatchObject({
      sessions: [{ name: 'by an agent' }],
    });
  });

  test('Python: it calls tools that there are, with arguments that they take', () => {
    const [python = ''] = blocksOf(clients, 'python');
    const calls = [...python.matchAll(/call\("(\w+)"((?:, \w+=[^,)]+)*)\)/g)];
    expect(calls.map(([, name]) => name)).toEqual(['create_session', 'send_prompt', 'end_session']);
    for (const [, name, args = ''] of calls) {
      const tool = TOOLS.find((one) => one.name === name);
      const given = [...args.matchAll(/, (\w+)=/g)].map(([, argument]) => argument);
      expect(Object.keys(tool?.input.shape ?? {})).toEqual(expect.arrayContaining(given));
    }
  });
});

function connectAgain({ env }: Workplace) {
  const args = ['--silent', '--prefix', ROOT, 'start'];
  return connectStdio('v1', { command: 'npm', args, env });
}

/** A folder in which the packages of this clone are found. */
function inClone(files: Readonly<Record<string, string>>): string {
  const parent = join(ROOT, '.packages');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'snippets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
