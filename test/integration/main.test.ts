import { once } from 'node:events';
import { access, lstat, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claudeBinary } from '../support/claude-env.ts';
import { linesOf } from '../support/client/messages.ts';
import { type Place, Server } from '../support/client/place.ts';
import type { Start } from '../support/client/program.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makePlace, makeWorkplace } from '../support/program.ts';

const OPTIONS = { timeout: 180_000 };

const LOOKS_OLD = `Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });
  process.getBuiltinModule = () => undefined;`;
/** Has Node run this before the program. */
const before = (code: string) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];

describe('a start that cannot work ends with one line and makes nothing:', OPTIONS, () => {
  test.each<[string, Start, number, RegExp]>([
    ['a flag without its value', { args: ['--state-dir'] }, 2, /--state-dir/],
    ['an unknown command', { args: ['frobnicate'] }, 2, /frobnicate.*stdio, http/],
    ['a command of the terminal without its ID', { args: ['show'] }, 2, /show: expected one ID/],
    [
      'a bad value in the environment',
      { env: { CLAUDE_SESSIONS_IDLE_EVICT_MS: '-1' } },
      2,
      /CLAUDE_SESSIONS_IDLE_EVICT_MS/,
    ],
    [
      'an old Node',
      { nodeArgs: before(LOOKS_OLD) },
      1,
      /22\.22\.3.*24\.15.*v20\.20\.2 \(.*node\) with no SQLite/,
    ],
  ])('%s', async (_, start, code, problem) => {
    const place = await makePlace();
    expect(await endOf(place, start)).toEqual([code, '', [expect.stringMatching(problem)]]);
    await expect(access(place.stateDirectory)).rejects.toThrow('ENOENT');
  });

  test('a state directory that is a file', async () => {
    const place = await makePlace();
    await writeFile(place.stateDirectory, 'not a folder');
    const line = expect.stringContaining(place.stateDirectory);
    expect(await endOf(place)).toEqual([1, '', [line]]);
  });

  test('a log file that is a folder', async () => {
    const place = await makePlace();
    const line = expect.stringMatching(`${place.directory}.*--log-file`);
    expect(await endOf(place, { args: ['--log-file', place.directory] })).toEqual([1, '', [line]]);
  });

  test('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const ended = await endOf(await makePlace(), { args: ['http', '--port', String(port)] });
    expect(ended).toEqual([1, '', [expect.stringMatching(`${port}.*--port`)]]);
  });
});

describe('the end', OPTIONS, () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s is 0', async (signal) => {
    const { program } = await new Server(await makePlace()).initialize();
    expect(await program.stop(signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('by a signal is 0 over HTTP too, while a client is connected', async () => {
    const place = await makePlace();
    const program = await place.startHttp();
    await connectHttp('v2 legacy', program);
    expect(await program.stop()).toMatchObject({ code: 0, signal: null, stdout: '' });
  });

  test('of the input is 0, before the first message too', async () => {
    const program = (await makePlace()).start();
    expect(await program.leave()).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('of its reader is 0', async () => {
    const server = new Server(await makePlace(), { args: ['--log-level', 'error'] });
    const { child, ended } = (await server.initialize()).program;
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
    expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});

describe('a running program', OPTIONS, () => {
  test('keeps its state to its owner, whatever the umask', async () => {
    const place = await makePlace();
    const log = ['--log-file', join(place.stateDirectory, 'log')];
    // It takes nothing away, so that each file shows the mode it was given.
    await place.startHttp(log, { within: ['/bin/sh', '-c', 'umask 0 && exec "$0" "$@"'] });
    const modes = await modesBelow(place.stateDirectory);
    expect([...modes.keys()]).toEqual(expect.arrayContaining(['token', 'log']));
    for (const [path, mode] of modes) expect(`${path} ${mode}`).toMatch(/ (dir 700|file 600)$/);
  });

  test('writes nothing but JSON-RPC on standard output, and its log in JSON lines', async () => {
    const place = await makeWorkplace();
    const server = new Server(place, { args: ['--log-level', 'trace'] });
    server.program.child.stdin.write('this is no message\n\n{"jsonrpc":"2.0"}\n');
    await server.initialize();
    const { session } = await server.call('create_session', { allowedTools: ['Bash'] });
    const step = { text: 'one', tool: 'Bash', input: { command: 'echo out; echo err >&2' } };
    const prompt = script([step, { text: 'two' }]);
    const sent = { sessionId: session.id, prompt, waitMs: 20_000 };
    expect(await server.call('send_prompt', sent)).toMatchObject({ text: 'one\ntwo' });
    await expect(server.raw('no_such_tool')).rejects.toThrow('no_such_tool');
    await server.call('end_session', { sessionId: session.id });
    const { code, stdout, stderr } = await server.program.leave();
    expect(code).toBe(0);
    const messages = linesOf(stdout).map((line): { id?: unknown } => JSON.parse(line));
    for (const message of messages) expect(message).toMatchObject({ jsonrpc: '2.0' });
    // Between the answers come the errors for what was no message, and possibly a notification that the list changed.
    expect(messages.filter((message) => message.id !== undefined)).toHaveLength(5);
    const log = linesOf(stderr).map((line): unknown => JSON.parse(line));
    expect(log).not.toEqual([]);
    const entry = { level: expect.any(Number), time: expect.any(Number), msg: expect.any(String) };
    for (const line of log) expect(line).toMatchObject(entry);
    expect(stdout + stderr).not.toContain(place.env.ANTHROPIC_API_KEY);
  });

  test('keeps what a library prints off standard output', async () => {
    const nodeArgs = before("process.on('SIGUSR2', () => console.log('a banner'))");
    const { program } = await new Server(await makePlace(), { nodeArgs }).initialize();
    program.child.kill('SIGUSR2');
    await expect.poll(program.stderr, { timeout: 20_000 }).toContain('a banner');
    const { stdout } = await program.stop();
    expect(linesOf(stdout).map((line): unknown => JSON.parse(line))).toHaveLength(1);
  });

  test('without Claude Code serves, says what is missing, and works once it is there', async () => {
    const place = await makeWorkplace();
    const claude = join(place.scratch, 'claude');
    const args = ['--claude-path', claude, '--log-level', 'error'];
    const client = await place.connect('v2 auto', args);
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
async function endOf(place: Place, start?: Start): Promise<unknown[]> {
  const { code, stdout, stderr } = await place.start(start).leave();
  return [code, stdout, linesOf(stderr)];
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
