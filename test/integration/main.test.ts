import { once } from 'node:events';
import { access, lstat, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claudeBinary } from '../support/claude-env.ts';
import { script } from '../support/messages-api.ts';
import {
  commandOf,
  makeWorkplace,
  type Program,
  type Start,
  startHttp,
  startProgram,
  startWithOpenUmask,
  stop,
  type Workplace,
} from '../support/program.ts';
import { connectHttp, connectStdio, type SessionView } from './clients.ts';
import { callTool, initialize, linesOf } from './json-rpc.ts';

const OPTIONS = { timeout: 180_000 };

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
    [
      'no token beyond loopback',
      ['http', '--no-auth', '--host', '0.0.0.0'],
      /--no-auth.*0\.0\.0\.0/,
    ],
  ])('with %s ends with 2 and one line', async (_, args, problem) => {
    const { env, stateDirectory } = await makeWorkplace();
    const ended = await endOf({ args, env });
    expect(ended).toEqual([2, '', [expect.stringMatching(problem)]]);
    await expect(access(stateDirectory)).rejects.toThrow('ENOENT');
  });

  test('with a bad value in the environment ends with 2 and one line that names the variable', async () => {
    const { env } = await makeWorkplace();
    const bad = { ...env, CLAUDE_SESSIONS_IDLE_EVICT_MS: '-1' };
    const ended = await endOf({ env: bad });
    expect(ended).toEqual([2, '', [expect.stringContaining('CLAUDE_SESSIONS_IDLE_EVICT_MS')]]);
  });

  test('on an old Node ends with 1 and one line that says which Node it takes', async () => {
    const { env, stateDirectory } = await makeWorkplace();
    const old = "Object.defineProperty(process, 'version', { value: 'v20.20.2' })";
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(old)}`];
    const ended = await endOf({ nodeArgs, env });
    expect(ended).toEqual([1, '', [expect.stringMatching(/22\.22\.3.*24\.15.*v20\.20\.2/)]]);
    await expect(access(stateDirectory)).rejects.toThrow('ENOENT');
  });

  test('with a state directory that is a file ends with 1 and one line', async () => {
    const { env, stateDirectory } = await makeWorkplace();
    await writeFile(stateDirectory, 'not a folder');
    const ended = await endOf({ env });
    expect(ended).toEqual([1, '', [expect.stringContaining(stateDirectory)]]);
  });

  test('with a log file that is a folder ends with 1 and one line', async () => {
    const { env, directory } = await makeWorkplace();
    const args = ['--log-file', directory];
    const ended = await endOf({ args, env });
    expect(ended).toEqual([1, '', [expect.stringMatching(`${directory}.*--log-file`)]]);
  });

  test('on a port that is taken ends with 1 and one line', async () => {
    const { env } = await makeWorkplace();
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const ended = await endOf({
      args: ['http', '--port', String(port)],
      env,
    });
    expect(ended).toEqual([1, '', [expect.stringMatching(`${port}.*--port`)]]);
  });
});

describe('the end', OPTIONS, () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s is 0', async (signal) => {
    const { env } = await makeWorkplace();
    const program = startProgram({ env });
    await initialize(program);
    expect(await stop(program, signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('by a signal is 0 over HTTP too, while a client is connected', async () => {
    const place = await makeWorkplace();
    const program = await startHttp(place);
    await connectHttp('v2 legacy', program.url, program.token);
    expect(await stop(program)).toMatchObject({ code: 0, signal: null, stdout: '' });
  });

  test('of the input is 0, before the first message too', async () => {
    const { env } = await makeWorkplace();
    const program = startProgram({ env });
    program.child.stdin.end();
    expect(await program.ended).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('of its reader is 0', async () => {
    const { env } = await makeWorkplace();
    const program = startProgram({ env: { ...env, CLAUDE_SESSIONS_LOG_LEVEL: 'error' } });
    await initialize(program);
    program.child.stdout.destroy();
    await once(program.child.stdout, 'close');
    program.child.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
    expect(await program.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});

describe('a running program', OPTIONS, () => {
  test('keeps its state to its owner, whatever the umask', async () => {
    const place = await makeWorkplace();
    const program = startWithOpenUmask({
      args: ['http', '--port', '0', '--log-file', join(place.stateDirectory, 'log')],
      env: place.env,
    });
    await expect.poll(() => program.stderr(), { timeout: 20_000 }).toContain('serving MCP at');
    const modes = await modesBelow(place.stateDirectory);
    expect([...modes.keys()]).toEqual(expect.arrayContaining(['token', 'log']));
    for (const [path, mode] of modes) expect(`${path} ${mode}`).toMatch(/ (dir 700|file 600)$/);
  });

  test('writes nothing but JSON-RPC on standard output, and its log in JSON lines', async () => {
    const place = await makeWorkplace();
    const program = startProgram({ args: ['--log-level', 'trace'], env: place.env });
    program.child.stdin.write('this is no message\n\n{"jsonrpc":"2.0"}\n');
    await initialize(program);
    const session = await makeSession(program, place);
    const step = { text: 'one', tool: 'Bash', input: { command: 'echo out; echo err >&2' } };
    const sent = await callTool(program, 'send_prompt', {
      sessionId: session.id,
      prompt: script([step, { text: 'two' }]),
      waitMs: 20_000,
    });
    expect(sent).toMatchObject({ text: 'one\ntwo' });
    expect(await callTool(program, 'no_such_tool', {})).toBeUndefined();
    await callTool(program, 'end_session', { sessionId: session.id });
    program.child.stdin.end();
    const { code, stdout, stderr } = await program.ended;
    expect(code).toBe(0);
    const messages = linesOf(stdout).map((line): { id?: unknown } => JSON.parse(line));
    for (const message of messages) expect(message).toMatchObject({ jsonrpc: '2.0' });
    // Between the answers stand the errors for what was no message, and maybe a notification that the list changed.
    expect(messages.filter((message) => message.id !== undefined)).toHaveLength(5);
    const log = linesOf(stderr).map((line): unknown => JSON.parse(line));
    expect(log).not.toEqual([]);
    const entry = { level: expect.any(Number), time: expect.any(Number), msg: expect.any(String) };
    for (const line of log) expect(line).toMatchObject(entry);
    expect(stdout + stderr).not.toContain(place.env.ANTHROPIC_API_KEY);
  });

  test('keeps what a library prints off standard output', async () => {
    const { env } = await makeWorkplace();
    const prints = "process.on('SIGUSR2', () => console.log('a banner'))";
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(prints)}`];
    const program = startProgram({ nodeArgs, env });
    await initialize(program);
    program.child.kill('SIGUSR2');
    await expect.poll(() => program.stderr(), { timeout: 20_000 }).toContain('a banner');
    const { stdout } = await stop(program);
    expect(linesOf(stdout).map((line): unknown => JSON.parse(line))).toHaveLength(1);
  });

  test('without Claude Code serves, says what is missing, and works once it is there', async () => {
    const place = await makeWorkplace();
    const claude = join(place.scratch, 'claude');
    const args = ['--claude-path', claude, '--log-level', 'error'];
    const client = await connectStdio('v2 auto', { ...commandOf(args), env: place.env });
    const { session } = await client.call('create_session', { workingDirectory: place.directory });
    expect(session.status).toBe('ready');
    const sessionId = session.id;
    const send = (prompt: string) =>
      client.call('send_prompt', { sessionId, prompt, waitMs: 20_000 });
    const missing = {
      code: 'UNAVAILABLE',
      message: expect.stringContaining(claude),
      hint: expect.stringContaining('--claude-path'),
    };
    expect((await send('first')).turn).toMatchObject({ state: 'failed', error: missing });
    const { session: failed } = await client.call('get_session', { sessionId });
    expect(failed).toMatchObject({ status: 'error', error: missing });
    await symlink(claudeBinary(), claude);
    expect((await send('second')).turn).toMatchObject({ state: 'completed', result: 'ok: second' });
    const { session: mended } = await client.call('get_session', { sessionId });
    expect(mended).toMatchObject({ status: 'ready', turns: { completed: 1, failed: 1 } });
    expect(mended).not.toHaveProperty('error');
  });
});

/** Exit code, standard output and the lines of standard error of a program that gets no input. */
async function endOf(start: Start): Promise<unknown[]> {
  const program = startProgram(start);
  program.child.stdin.end();
  const { code, stdout, stderr } = await program.ended;
  return [code, stdout, linesOf(stderr)];
}

async function makeSession(program: Program, place: Workplace): Promise<SessionView> {
  const made = await callTool(program, 'create_session', {
    workingDirectory: place.directory,
    allowedTools: ['Bash'],
  });
  return (made as { session: SessionView }).session;
}

/** Kind and mode of everything below a folder and of itself, as in `file 600`, by path. */
async function modesBelow(folder: string): Promise<Map<string, string>> {
  const modes = new Map<string, string>();
  for (const path of ['.', ...(await readdir(folder, { recursive: true }))]) {
    const found = await lstat(join(folder, path));
    const kind = found.isDirectory() ? 'dir' : 'file';
    modes.set(path, `${kind} ${(found.mode & 0o777).toString(8)}`);
  }
  return modes;
}
