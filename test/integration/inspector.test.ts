import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandOf, type HttpProgram, type Workplace } from '../support/client/place.ts';
import type { SessionView } from '../support/client/tools.ts';
import { makeWorkplace } from '../support/program.ts';

const require = createRequire(import.meta.url);

/** How the Inspector reaches the server: the end of its command line. */
type Target = (place: Workplace) => Promise<string[]>;

const overStdio: Target = async ({ env }) => {
  const { command, args } = commandOf();
  return [
    ...Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    '--',
    command,
    ...args,
  ];
};

const overHttp: Target = async (place) => targetOf(await place.startHttp());

const overNewestHttp: Target = async (place) => {
  const program = await place.startHttp(['--http-mode', 'dual']);
  return ['--protocol-era', 'modern', ...targetOf(program)];
};

function targetOf({ url, token }: HttpProgram): string[] {
  return ['--server-url', url, '--header', `Authorization: Bearer ${token}`];
}

describe('the MCP Inspector', { timeout: 180_000 }, () => {
  test.each<[string, Target, unknown]>([
    ['standard input and output', overStdio, expect.stringMatching(/^stdio_/)],
    ['HTTP with MCP sessions', overHttp, expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ['HTTP in the newest revision', overNewestHttp, null],
  ])('lists the tools and takes a session through its life over %s', async (_, target, id) => {
    const place = await makeWorkplace();
    const inspector = new Inspector(place, await target(place));
    await inspector.list();
    const session = await inspector.create();
    expect(session.mcpSessionId).toEqual(id);
    const { id: sessionId } = session;
    expect(await inspector.call('get_session', { sessionId })).toEqual({ session });
    // Each call is an MCP session of its own, left without a word: the next one may change the session.
    expect(await inspector.call('get_metrics', { sessionId })).toMatchObject({ totalSessions: 1 });
    expect(await inspector.call('end_session', { sessionId })).toMatchObject({
      ended: true,
      session: { status: 'terminated' },
    });
  });

  test('is told that a call failed', async () => {
    const place = await makeWorkplace();
    const inspector = new Inspector(place, await overStdio(place));
    const refused = await inspector.run(...callArgs('create_session', { workingDirectory: '/' }));
    expect(refused.code).toBe(5);
    expect(JSON.stringify(refused.result)).toContain('INVALID_REQUEST');
  });
});

type Inspected = { code: number; result: unknown; stderr: string };

class Inspector {
  readonly #place: Workplace;
  readonly #target: readonly string[];

  constructor(place: Workplace, target: readonly string[]) {
    this.#place = place;
    this.#target = target;
  }

  /** Lists the tools, which must be without a word of complaint about their schemas. */
  async list(): Promise<void> {
    const { code, result, stderr } = await this.run('--method', 'tools/list', '--strict');
    expect(`${code} ${stderr}`).toBe('0 ');
    expect(JSON.stringify(result)).toContain('"create_session"');
  }

  async create(): Promise<SessionView> {
    const args = { workingDirectory: this.#place.directory, name: 'inspected' };
    const { session } = (await this.call('create_session', args)) as { session: SessionView };
    expect(session).toMatchObject({ status: 'ready', name: 'inspected' });
    return session;
  }

  /** The structured result of a call that succeeds. */
  async call(tool: string, args: Record<string, unknown>): Promise<unknown> {
    const { code, result, stderr } = await this.run(...callArgs(tool, args));
    expect(`${code} ${stderr}`, tool).toBe('0 ');
    return (result as { structuredContent: unknown }).structuredContent;
  }

  run(...args: string[]): Promise<Inspected> {
    const { env, scratch } = this.#place;
    const all = [inspectorProgram(), '--cli', '--format', 'json', ...args, ...this.#target];
    const options = { env: { PATH: env.PATH, HOME: scratch }, cwd: scratch };
    return new Promise((resolve, reject) => {
      const child = execFile(process.execPath, all, options, (_, stdout, stderr) => {
        if (child.exitCode === null)
          return reject(new Error(`the Inspector was killed: ${stderr}`));
        const { result } = stdout === '' ? {} : JSON.parse(stdout);
        resolve({ code: child.exitCode, result, stderr });
      });
    });
  }
}

function callArgs(tool: string, args: Record<string, unknown>): string[] {
  return ['--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(args)];
}

function inspectorProgram(): string {
  const file = require.resolve('@modelcontextprotocol/inspector/package.json');
  const { bin } = JSON.parse(readFileSync(file, 'utf8')) as { bin: Record<string, string> };
  return join(dirname(file), bin['mcp-inspector'] ?? '');
}
