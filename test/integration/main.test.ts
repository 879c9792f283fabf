import { once } from 'node:events';
import { access, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { script } from '../support/messages-api.ts';
import {
  commandOf,
  makeWorkplace,
  type Program,
  startHttp,
  startProgram,
  startWithOpenUmask,
  stop,
  type Workplace,
} from '../support/program.ts';
import { connectStdio, type SessionView } from './clients.ts';

const OPTIONS = { timeout: 60_000 };

describe('a start that cannot work', OPTIONS, () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown flag', ['--verbose-please'], /--verbose-please/],
    ['a flag without its value', ['--state-dir'], /--state-dir/],
    ['a number that is none', ['--max-live', 'many'], /--max-live .*whole number/],
    ['a number out of range', ['--port', '70000'], /--port .*0 to 65535/],
    ['a word that is none of the choices', ['--http-mode', 'both'], /--http-mode .*dual/],
    ['a root that does not exist', ['--root', '/does/not/exist'], /--root .*\/does\/not\/exist/],
    ['an unknown command', ['frobnicate'], /frobnicate.*stdio, http/],
    ['a command with something behind it', ['http', 'now'], /http now/],
    ['no token beyond loopback', ['http', '--no-auth', '--host', '0.0.0.0'], /--no-auth.*0\.0\.0\.0/],
  ])('with %s ends with 2 and one line', async (_, args, problem) => {
    const { env, stateDirectory } = await makeWorkplace();
    const { code, stdout, stderr } = await startProgram({ args, env }).ended;
    expect([code, stdout]).toEqual([2, '']);
    expect(linesOf(stderr)).toEqual([expect.stringMatching(problem)]);
    await expect(access(stateDirectory)).rejects.toThrow('ENOENT');
  });

  test('with a bad value in the environment ends with 2 and one line that names the variable', async () => {
    const { env } = await makeWorkplace();
    const bad = { ...env, CLAUDE_SESSIONS_IDLE_EVICT_MS: '-1' };
    const { code, stdout, stderr } = await startProgram({ env: bad }).ended;
    expect([code, stdout]).toEqual([2, '']);
    expect(linesOf(stderr)).toEqual([expect.stringContaining('CLAUDE_SESSIONS_IDLE_EVICT_MS')]);
  });

  test('on an old Node ends with 1 and one line that says which Node it takes', async () => {
    const { env, stateDirectory } = await makeWorkplace();
    const old = "Object.defineProperty(process, 'version', { value: 'v20.20.2' })";
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(old)}`];
    const { code, stdout, stderr } = await startProgram({ nodeArgs, env }).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(linesOf(stderr)).toEqual([expect.stringMatching(/22\.22\.3.*24\.15.*v20\.20\.2/)]);
    await expect(access(stateDirectory)).rejects.toThrow('ENOENT');
  });

  test('with a state directory that is a file ends with 1 and one line', async () => {
    const { env, stateDirectory } = await makeWorkplace();
    await writeFile(stateDirectory, 'not a folder');
    const { code, stdout, stderr } = await startProgram({ env }).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(linesOf(stderr)).toEqual([expect.stringContaining(stateDirectory)]);
  });

  test('on a port that is taken ends with 1 and one line', async () => {
    const { env } = await makeWorkplace();
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { code, stdout, stderr } = await startProgram({
      args: ['http', '--port', String(port)],
      env,
    }).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(linesOf(stderr)).toEqual([expect.stringMatching(`${port}.*--port`)]);
  });
});

describe('the end', OPTIONS, () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('after %s is 0', async (signal) => {
    const place = await makeWorkplace();
    const program = startProgram({ env: place.env });
    await initialize(program);
    expect(await stop(program, signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('after SIGTERM is 0 over HTTP too, with a client still connected', async () => {
    const place = await makeWorkplace();
    const program = await startHttp(place);
    const stream = await openStream(program);
    expect(await stop(program)).toMatchObject({ code: 0, signal: null, stdout: '' });
    await expect(stream).resolves.toBe('');
  });

  test('of the input is 0, before the first message too', async () => {
    const place = await makeWorkplace();
    const program = startProgram({ env: place.env });
    program.child.stdin.end();
    expect(await program.ended).toMatchObject({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test.each(['SIGTERM', 'SIGKILL', 'end of input'] as const)(
    'by %s in the middle of a turn leaves no process',
    async (how) => {
      const place = await makeWorkplace();
      const program = startProgram({ env: place.env });
      const uuid = await startHangingTurn(program, place);
      expect(await processesWith(uuid)).not.toEqual([]);
      if (how === 'end of input') program.child.stdin.end();
      else program.child.kill(how);
      const { code, signal } = await program.ended;
      expect([code, signal]).toEqual(how === 'SIGKILL' ? [null, 'SIGKILL'] : [0, null]);
      // After SIGKILL nobody is there to wait for them: the kernel ends them a moment later.
      await expect.poll(() => processesWith(uuid), { timeout: 5000 }).toEqual([]);
    },
  );
});

describe('a running program', OPTIONS, () => {
  test('keeps its state to its owner, whatever the umask', async () => {
    const place = await makeWorkplace();
    const logFile = join(place.stateDirectory, 'log');
    const program = startWithOpenUmask({
      args: ['http', '--port', '0', '--log-file', logFile],
      env: place.env,
    });
    await expect.poll(() => program.stderr(), { timeout: 20_000 }).toContain('serving MCP at');
    const modes = await modesBelow(place.stateDirectory);
    expect(Object.keys(modes)).toEqual(expect.arrayContaining(['.', 'token', 'log']));
    for (const [path, mode] of Object.entries(modes)) {
      expect(`${path} ${mode}`).toMatch(/ (dir 700|file 600)$/);
    }
  });

  test('writes nothing but JSON-RPC to standard output, and its log in JSON', async () => {
    const place = await makeWorkplace();
    const env = { ...place.env, CLAUDE_SESSIONS_LOG_LEVEL: 'trace' };
    const program = startProgram({ env });
    program.child.stdin.write('this is no message\n\n{"jsonrpc":"2.0"}\n');
    await initialize(program);
    const made = await request(program, 'tools/call', {
      name: 'create_session',
      arguments: { workingDirectory: place.directory },
    });
    const { id } = sessionOf(made);
    const prompt = script([{ tool: 'Bash', input: { command: 'echo out; echo err >&2' } }]);
    await request(program, 'tools/call', {
      name: 'send_prompt',
      arguments: { sessionId: id, prompt, waitMs: 1000 },
    });
    await request(program, 'tools/call', { name: 'no_such_tool', arguments: {} });
    await request(program, 'tools/call', { name: 'end_session', arguments: { sessionId: id } });
    program.child.stdin.end();
    const { code, stdout, stderr } = await program.ended;
    expect(code).toBe(0);
    const messages = linesOf(stdout).map((line) => JSON.parse(line) as unknown);
    expect(messages).toHaveLength(5);
    for (const message of messages) expect(message).toMatchObject({ jsonrpc: '2.0' });
    const log = linesOf(stderr).map((line) => JSON.parse(line) as unknown);
    expect(log).not.toEqual([]);
    for (const entry of log) {
      expect(entry).toMatchObject({
        level: expect.any(Number),
        time: expect.any(Number),
        msg: expect.any(String),
      });
    }
    expect(stderr).not.toContain(place.env.ANTHROPIC_API_KEY);
  });

  test('without Claude Code serves, says what is missing, and works once it is there', async () => {
    const place = await makeWorkplace();
    const claude = join(place.scratch, 'claude');
    const args = ['--claude-path', claude, '--log-level', 'error'];
    const client = await connectStdio('v2 auto', { ...commandOf(args), env: place.env });
    const { session } = await client.call('create_session', { workingDirectory: place.directory });
    expect(session.status).toBe('ready');
    const missing = {
      code: 'UNAVAILABLE',
      message: expect.stringContaining(claude),
      hint: expect.stringContaining('--claude-path'),
    };
    const sessionId = session.id;
    const send = (prompt: string) =>
      client.call('send_prompt', { sessionId, prompt, waitMs: 20_000 });
    expect((await send('first')).turn).toMatchObject({ state: 'failed', error: missing });
    const read = await client.call('read_events', { sessionId, waitMs: 5000, until: 'turn_end' });
    expect(read.session).toMatchObject({ status: 'error', error: missing });
    await symlink(claudeBinary(), claude);
    expect((await send('second')).turn).toMatchObject({
      state: 'completed',
      result: 'ok: second',
    });
    const { session: mended } = await client.call('get_session', { sessionId });
    expect(mended).toMatchObject({ status: 'ready', turns: { completed: 1, failed: 1 } });
    expect(mended).not.toHaveProperty('error');
  });
});

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

type Message = { id?: unknown; result?: { structuredContent?: unknown } };

let nextId = 0;

/** Sends one request and returns the message that answers it. */
async function request(program: Program, method: string, params: unknown): Promise<Message> {
  const id = `request-${nextId++}`;
  const { stdin, stdout } = program.child;
  stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  for (;;) {
    const answer = linesOf(program.stdout())
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Message)
      .find((message) => message.id === id);
    if (answer !== undefined) return answer;
    await once(stdout, 'data');
  }
}
