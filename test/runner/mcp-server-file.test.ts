import { chmod, chown, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SettingError } from '../../src/errors.ts';
import { readServerFile } from '../../src/runner/mcp-server-file.ts';
import { chosenServers, secretsInServers } from '../../src/runner/mcp-servers.ts';
import { lacksUsers } from '../support/needs.ts';

const COMMAND = { command: 'server' };

async function folder(): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), 'mcp-servers-')));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

async function fileWith(content: unknown): Promise<string> {
  const file = join(await folder(), 'servers.json');
  const text = withVariables(typeof content === 'string' ? content : JSON.stringify(content));
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** Variables are written with `@` here: they look too much like those of a template. */
function withVariables(text: string): string {
  return text.replaceAll('@{', '$'.concat('{'));
}

async function read(content: unknown, environment = {}) {
  return Object.fromEntries(await readServerFile(await fileWith(content), environment));
}

function only(server: unknown, name = 'one') {
  return { mcpServers: { [name]: server } };
}

/** What is wrong with the file, without its name. */
async function problemOf(file: string, environment = {}): Promise<string> {
  const error = await readServerFile(file, environment).catch((thrown: unknown) => thrown);
  if (!(error instanceof SettingError)) throw new Error(`not refused: ${String(error)}`);
  expect(error.message).not.toContain('\n');
  expect(error.message).toContain(`--session-mcp-config ${file}: `);
  return error.message.replace(`--session-mcp-config ${file}: `, '');
}

describe('the servers of a file', () => {
  test('are read as Claude Code writes them', async () => {
    const mcpServers = {
      bare: COMMAND,
      'with-all_of-it': {
        type: 'stdio',
        command: '/bin/x',
        args: ['-a'],
        env: { A: 'b' },
        timeout: 5000,
      },
      constructor: { type: 'http', url: 'https://x.example/mcp', headers: { Accept: 'x' } },
      sse: { type: 'sse', url: 'http://127.0.0.1:1/sse', alwaysLoad: true },
    };
    expect(await read({ mcpServers })).toEqual(mcpServers);
    expect(await read({ mcpServers: {} })).toEqual({});
  });

  test('have the variables of our environment in their texts', async () => {
    const stdio = {
      command: '@{BIN}/server',
      args: ['@{A}-@{B:-two}', '@{EMPTY:-three}', '@{EMPTY}', '$A @{not-one}'],
      env: { TOKEN: 'x@{A}y' },
    };
    const http = { type: 'http', url: 'http://@{HOST:-127.0.0.1}/', headers: { Key: '@{A}' } };
    const environment = { BIN: '/opt', A: 'one', EMPTY: '' };
    expect(await read({ mcpServers: { stdio, http } }, environment)).toEqual({
      stdio: {
        command: '/opt/server',
        args: ['one-two', 'three', '', withVariables('$A @{not-one}')],
        env: { TOKEN: 'xoney' },
      },
      http: { type: 'http', url: 'http://127.0.0.1/', headers: { Key: 'one' } },
    });
  });

  test.each([
    ['[]', 'mcpServers: expected an object of servers by name'],
    ['{}', 'mcpServers: expected an object of servers by name'],
    [{ mcpServers: [COMMAND] }, 'mcpServers: expected an object of servers by name'],
    [{ mcpServers: {}, servers: {} }, 'unknown key servers; expected mcpServers'],
    ['{"mcpServers": {\n "one": s3cret }}', 'it is not valid JSON'],
    ['', 'it is not valid JSON'],
    ['['.repeat(1000), 'nested deeper'],
    [' '.repeat(300_000), 'it has more than 262144 bytes'],
    [only([]), 'mcpServers.one: expected an object'],
    [only({}), 'mcpServers.one: expected a command, or a url with its type'],
    [only({ args: ['x'] }), 'mcpServers.one: expected a command, or a url with its type'],
    [only({ type: 'http' }), 'mcpServers.one.url: expected an http or https URL'],
    [only({ url: 'https://x.example' }), 'mcpServers.one.type: expected http or sse'],
    [only({ type: 'ws', url: 'ws://x' }), 'mcpServers.one.type: expected http or sse'],
    [
      only({ type: 'http', url: 'file:///s3cret' }),
      'mcpServers.one.url: expected an http or https URL',
    ],
    [only({ type: 'x', command: 'y' }), 'mcpServers.one.type: expected stdio, http or sse'],
    [only({ command: '' }), 'mcpServers.one.command: expected an absolute path, or the name'],
    [
      only({ command: './s3cret' }),
      'mcpServers.one.command: expected an absolute path, or the name',
    ],
    [only({ command: 7 }), 'mcpServers.one.command: expected a text'],
    [only({ ...COMMAND, args: '-x' }), 'mcpServers.one.args: expected a list of texts'],
    [only({ ...COMMAND, args: ['x', 7] }), 'mcpServers.one.args.1: expected a text'],
    [only({ ...COMMAND, env: { A: 7 } }), 'mcpServers.one.env.A: expected a text'],
    [only({ ...COMMAND, env: { A: 's3cret\0' } }), 'mcpServers.one.env.A: expected a text without'],
    [
      only({ ...COMMAND, env: { 'A=B': 'x' } }),
      'mcpServers.one.env: expected names of environment',
    ],
    [
      only({ ...COMMAND, env: { CLAUDE_SESSIONS_MARKER: 'x' } }),
      'mcpServers.one.env: expected names',
    ],
    [
      only({ type: 'sse', url: 'http://x/', headers: { 'A B': 'x' } }),
      'mcpServers.one.headers: expected',
    ],
    [
      only({ type: 'sse', url: 'http://x/', headers: { A: 'x\ns3cret' } }),
      'mcpServers.one.headers: ',
    ],
    [
      only({ ...COMMAND, timeout: 5 }),
      'mcpServers.one.timeout: expected at least 1000 milliseconds',
    ],
    [
      only({ ...COMMAND, environment: {} }),
      'mcpServers.one: unknown key environment; expected type, ',
    ],
    [only({ ...COMMAND, agrs: [] }), 'mcpServers.one: unknown key agrs; did you mean args?'],
    [
      only({ type: 'http', url: 'http://x/', env: {} }),
      'mcpServers.one: unknown key env; expected type, url',
    ],
    [only(COMMAND, 'a b'), 'mcpServers.a b: expected a name of at most 64 letters'],
    [only(COMMAND, 'a__b'), 'mcpServers.a__b: expected a name'],
    [only(COMMAND, '_a'), 'mcpServers._a: expected a name'],
    [only(COMMAND, 'x'.repeat(65)), 'expected a name'],
    [only(COMMAND, ''), 'mcpServers.(empty): expected a name'],
    [only(COMMAND, 'computer-use'), 'mcpServers.computer-use: Claude Code reserves this name'],
    ['{"mcpServers": {"__proto__": {"command": "x"}}}', 'mcpServers.__proto__: expected a name'],
    [
      '{"mcpServers": {"one": {"command": "x", "env": {"__proto__": "s3cret"}}}}',
      'mcpServers.one.env: must not use the name __proto__',
    ],
    [
      '{"mcpServers": {"one": {"type": "sse", "url": "http://x/", "headers": {"__proto__": "x"}}}}',
      'mcpServers.one.headers: must not use the name __proto__',
    ],
    [
      only({ ...COMMAND, args: ['@{A}', '@{NOWHERE}'] }),
      'mcpServers.one.args.1: the variable NOWHERE is not',
    ],
    [
      only({ ...COMMAND, env: { A: 'x@{NESTED}' } }),
      "mcpServers.one.env.A: a variable's own value has",
    ],
  ])('are refused as %j', async (content, problem) => {
    const environment = { A: 'a', NESTED: withVariables('s3cret@{A}') };
    const found = await problemOf(await fileWith(content), environment);
    expect(found).toContain(problem);
    expect(found).not.toContain('s3cret');
  });

  test('are at most a hundred', async () => {
    const many = Array.from({ length: 101 }, (_, at) => [`s${at}`, COMMAND]);
    const found = await problemOf(await fileWith({ mcpServers: Object.fromEntries(many) }));
    expect(found).toContain('MCP_SERVERS_MAX');
  });
});

describe('the file', () => {
  test('must be there, and a file', async () => {
    const place = await folder();
    expect(await problemOf(join(place, 'missing.json'))).toContain('ENOENT');
    expect(await problemOf(place)).toContain('it is not a regular file');
  });

  test.each([0o620, 0o602])('must not be writable by others: mode %o', async (mode) => {
    const file = await fileWith(only(COMMAND));
    await chmod(file, mode);
    expect(await problemOf(file)).toContain('it must belong to you or root');
  });

  test('must not be replaceable by others, unless its folder is sticky', async () => {
    const place = join(await folder(), 'open');
    await mkdir(place);
    const file = join(place, 'servers.json');
    await writeFile(file, JSON.stringify(only(COMMAND)));
    await chmod(place, 0o777);
    expect(await problemOf(file)).toContain(`others can replace it: ${place}`);
    const link = join(await folder(), 'link.json');
    await symlink(file, link);
    expect(await problemOf(link)).toContain(`others can replace it: ${place}`);
    await chmod(place, 0o1777);
    expect([...(await readServerFile(link, {}))]).toEqual([['one', COMMAND]]);
  });

  test.skipIf(lacksUsers)("must not be another user's, nor a link of theirs", async () => {
    const file = await fileWith(only(COMMAND));
    await chown(file, 65534, 65534);
    expect(await problemOf(file)).toContain('it must belong to you or root');
  });
});

test('a session has all servers, or those that it names and that are still there', () => {
  const known = new Map([
    ['a', COMMAND],
    ['b', COMMAND],
  ]);
  const names = (mcpServers?: string[]) => {
    const { servers, missing } = chosenServers(known, { mcpServers });
    return { has: [...servers.keys()], missing };
  };
  expect(names()).toEqual({ has: ['a', 'b'], missing: [] });
  expect(names([])).toEqual({ has: [], missing: [] });
  expect(names(['gone', 'b'])).toEqual({ has: ['b'], missing: ['gone'] });
});

test('values of variables and headers are secret, and keys in arguments and addresses', () => {
  const servers = new Map([
    [
      'local',
      {
        command: '/usr/bin/server',
        args: ['--api-key', 'correct-horse', '--verbose', '/srv/data', '--token=0123-abcdef'],
        env: {
          LOGIN: 'me:0123456',
          NODE_ENV: 'production',
          DATA_DIR: '/home/me/data',
          SHORT: 'x1',
        },
      },
    ],
    [
      'far',
      {
        type: 'http' as const,
        url: 'https://x.example/s/abcdef0123456789abcdef/mcp?key=zyx98765',
        headers: { Authorization: 'Bearer token-of-alice', Accept: 'application/json' },
      },
    ],
  ]);
  const found = secretsInServers(servers);
  expect(found).toEqual(
    expect.arrayContaining([
      'correct-horse',
      '0123-abcdef',
      'me:0123456',
      'abcdef0123456789abcdef',
      'zyx98765',
      'token-of-alice',
      'Bearer token-of-alice',
    ]),
  );
  for (const plain of ['production', '/home/me/data', '/srv/data', 'application/json', '--verbose'])
    expect(found).not.toContain(plain);
});
