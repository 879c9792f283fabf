import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client, type ServerCapabilities } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { serveStdio } from '../../src/transport/stdio/stdio.ts';
import { call, INITIALIZE, modern } from '../support/client/messages.ts';
import { EchoConnections, seenBy } from './echo.ts';

const PROGRAM = fileURLToPath(new URL('./programs/stdio-echo.ts', import.meta.url));
const COMMAND = { command: process.execPath, args: [PROGRAM], stderr: 'pipe' as const };
const INFO = { name: 'test', version: '1.0.0' };
const CALLER = { principal: 'local', mcpSessionId: 'stdio_1' };

const LIFE = 'opened stdio_1\nclosed stdio_1\ndone\n';

describe('a program that serves standard input and output', () => {
  test.each([
    ['v1', '2025-11-25'],
    ['legacy', '2025-11-25'],
    ['auto', '2026-07-28'],
    [{ pin: '2026-07-28' }, '2026-07-28'],
  ] as const)('serves the client %j as its one caller', async (mode, version) => {
    const isV1 = mode === 'v1';
    const transport = isV1 ? new TransportV1(COMMAND) : new StdioClientTransport(COMMAND);
    const told = text(transport.stderr as PassThrough);
    const client = isV1 ? new ClientV1(INFO) : new Client(INFO, { versionNegotiation: { mode } });
    await client.connect(transport);
    onTestFinished(() => client.close());
    expect(seenBy(await client.callTool({ name: 'whoami' }))).toMatchObject(CALLER);
    if (client instanceof Client) expect(client.getNegotiatedProtocolVersion()).toBe(version);
    await client.close();
    expect(await told).toBe(LIFE);
  });

  test('writes nothing but JSON-RPC, whatever it reads, and ends with its input', async () => {
    const child = run();
    const told = text(child.stderr);
    const exited = once(child, 'exit');
    const lines: string[] = [];
    const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
    const discover = { ...modern('server/discover'), id: 'probe' };
    child.stdin.write('not json\n\n{"jsonrpc":"2.0"}\n[]\n"x"\n');
    child.stdin.write(`${JSON.stringify(discover)}\n`);
    await once(reader, 'line');
    for (const message of [INITIALIZE, call(1, 'whoami'), call(2, 'nothing')]) {
      child.stdin.write(`${JSON.stringify(message)}\n`);
    }
    while (lines.length < 8) await once(reader, 'line');
    child.stdin.end();
    expect(await exited).toEqual([0, null]);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      ...[-32_700, -32_600, -32_600, -32_600].map((code) => ({
        jsonrpc: '2.0',
        error: expect.objectContaining({ code }),
      })),
      expect.objectContaining({ jsonrpc: '2.0', id: 'probe' }),
      expect.objectContaining({ jsonrpc: '2.0', id: 0 }),
      expect.objectContaining({ jsonrpc: '2.0', id: 1 }),
      expect.objectContaining({ jsonrpc: '2.0', id: 2 }),
    ]);
    expect(await told).toBe(LIFE);
  });

  test('ends when nobody reads its output any more', async () => {
    const child = run();
    const told = text(child.stderr);
    const exited = once(child, 'exit');
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.on('error', () => {});
    child.stdin.write(`${JSON.stringify(INITIALIZE)}\n${JSON.stringify(call(1, 'whoami'))}\n`);
    expect(await exited).toEqual([0, null]);
    expect(await told).toBe(LIFE);
  });

  function run() {
    const child = spawn(COMMAND.command, COMMAND.args);
    onTestFinished(() => void child.kill());
    return child;
  }
});

describe('a connection on two streams', () => {
  test('closes once, with the call under way aborted, however often it is told to', async () => {
    const { echo, service, stdin, stdout } = connect();
    stdin.write(`${JSON.stringify(INITIALIZE)}\n${JSON.stringify(call(1, 'hang'))}\n`);
    await echo.until(({ hanging }) => hanging.size === 1);
    await Promise.all([service.close(), service.close()]);
    stdin.end();
    await service.closed;
    await service.close();
    expect([echo.opens, echo.closes, echo.hanging.size]).toEqual([[CALLER], [CALLER], 0]);
    expect(stdout.writableEnded).toBe(false);
  });

  test('closes before the first message', async () => {
    const { echo, service, stdin } = connect();
    stdin.end();
    await service.closed;
    expect([echo.opens, echo.closes, echo.servers]).toEqual([[CALLER], [CALLER], []]);
  });

  test('closes when its input breaks off in the middle of a message', async () => {
    const { echo, service, stdin } = connect();
    stdin.write(JSON.stringify(INITIALIZE).slice(0, 20));
    stdin.destroy(new Error('gone'));
    await service.closed;
    expect(echo.closes).toEqual([CALLER]);
  });

  test('keeps what it could not read out of the log', async () => {
    const { service, stdin, logged } = connect();
    stdin.end('{"jsonrpc":"2.0","secret":1}\n');
    await service.closed;
    expect(logged()).toContain('BadMessage');
    expect(logged()).not.toContain('secret');
  });

  test('is told of the changes it listens for on the newest revision, and of no others', async () => {
    const { echo, service, stdin, stdout } = connect({ resources: { subscribe: true } });
    const messages = createInterface(stdout)[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await messages.next()).value ?? '');
    const listen = modern('subscriptions/listen');
    const notifications = { resourceSubscriptions: ['a://1'], resourcesListChanged: true };
    const params = { ...listen.params, notifications };
    stdin.write(`${JSON.stringify({ ...listen, id: 'l', params })}\n`);
    // No changes of the list: the server has not said that it tells of them.
    expect((await next()).params.notifications).toEqual({ resourceSubscriptions: ['a://1'] });
    const [follower] = echo.followers;
    expect(follower?.caller).toEqual(CALLER);
    follower?.notify({ kind: 'updated', uri: 'a://2' });
    follower?.notify({ kind: 'list_changed' });
    follower?.notify({ kind: 'updated', uri: 'a://1' });
    expect(await next()).toMatchObject({
      method: 'notifications/resources/updated',
      params: { uri: 'a://1' },
    });
    stdin.end();
    expect(await next()).toMatchObject({ id: 'l', result: {} });
    await service.closed;
    expect(echo.followers.size).toBe(0);
  });

  test('on the older revisions is not told by the transport', async () => {
    const { echo, service, stdin } = connect();
    stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
    await echo.until(() => echo.servers.length === 1);
    expect(echo.followers.size).toBe(0);
    stdin.end();
    await service.closed;
  });

  function connect(capabilities: ServerCapabilities = {}) {
    const lines: string[] = [];
    const echo = new EchoConnections(capabilities);
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    if (capabilities.resources === undefined) stdout.resume();
    const log = loggerTo({ write: (line) => void lines.push(line) }, 'trace');
    const times = { endMs: 600_000, closeMs: 50 };
    const service = serveStdio({ connections: echo, caller: CALLER, stdin, stdout, log, times });
    return { echo, service, stdin, stdout, logged: () => lines.join('') };
  }
});
