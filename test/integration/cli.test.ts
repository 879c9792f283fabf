import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES, synopsisOf } from '../../src/commands.ts';
import { processesWith } from '../demo/processes.ts';
import { linesOf } from '../support/client/messages.ts';
import { commandOf, type Workplace } from '../support/client/place.ts';
import type { Ended, Program } from '../support/client/program.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';

const OPTIONS = { timeout: 90_000 };

function command(place: Workplace, ...args: string[]): Promise<Ended> {
  const program = place.start({ args });
  // A person has no pipe there. At the end of one, a command line that names no command is answered at once.
  program.child.stdin.end();
  return program.ended;
}

async function json(place: Workplace, ...args: string[]) {
  const { code, stdout, stderr } = await command(place, ...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** Waits until a program has written a text. */
async function until(program: Program, text: string): Promise<void> {
  await expect.poll(() => program.stdout(), { timeout: 30_000 }).toContain(text);
}

/** A session whose shell goes on until it is stopped. */
async function startJob(client: SdkClient, place: Workplace): Promise<string> {
  const { session } = await client.call('create_session', {
    workingDirectory: place.directory,
    name: 'long job',
    taskId: 'JOB-1',
    allowedTools: ['Bash'],
    prompt: script(
      [
        { text: 'I begin.', tool: 'Bash', input: { command: 'echo out' } },
        { text: 'Now I wait.', tool: 'Bash', input: { command: 'tail -f /dev/null' } },
      ],
      'work on',
    ),
  });
  return session.id;
}

describe('the commands beside a server', OPTIONS, () => {
  test('list, show, follow, measure and end what it runs', async () => {
    const place = await makeWorkplace();
    const server = await place.startHttp();
    const client = await connectHttp('v2 legacy', server);
    const id = await startJob(client, place);
    const uuid = id.slice('claude_'.length);
    const tail = place.start({ args: ['tail', uuid.slice(0, 12)] });
    await until(tail, '\ttool\tBash tail -f /dev/null\n');
    await expect.poll(() => processesWith(place.directory)).not.toEqual([]);

    const { sessions } = await json(place, 'list', '--status', 'busy');
    expect(sessions).toMatchObject([{ id, name: 'long job', principal: 'default' }]);
    const listed = await command(place, 'list');
    expect(linesOf(listed.stdout).map((line) => line.split('\t'))).toEqual([
      [
        id,
        'busy',
        expect.any(String),
        '0 +1',
        '$0.00',
        'default',
        'JOB-1',
        'long job',
        place.directory,
        '',
      ],
    ]);
    const shown = await command(place, 'show', 'long job');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^process\tpid \d+$/m);
    expect(await json(place, 'metrics', '--task', 'JOB-1')).toMatchObject({ busySessions: 1 });

    const ended = await command(place, 'end', id, '--reason', 'seen enough');
    expect(ended).toEqual({
      code: 0,
      signal: null,
      stdout: `${id} (long job) ended\n`,
      stderr: '',
    });
    expect(await processesWith(uuid)).toEqual([]);
    const { code, stdout } = await tail.ended;
    expect(code).toBe(0);
    expect(linesOf(stdout).at(-1)).toMatch(/\tended\tseen enough$/);
    const { session } = await client.call('get_session', { sessionId: id });
    expect(session).toMatchObject({ status: 'terminated', endReason: 'seen enough' });
    expect(server.stderr()).not.toContain('"level":50');
  });
});

describe('the commands without a server', OPTIONS, () => {
  test('show and end what it has left', async () => {
    const place = await makeWorkplace();
    const server = await place.startHttp();
    const client = await connectHttp('v2 legacy', server);
    const id = await startJob(client, place);
    const follow = place.start({ args: ['tail', id, '--json'] });
    await until(follow, '"input":{"command":"tail');
    await server.stop('SIGKILL');

    expect((await json(place, 'show', id)).session).toMatchObject({ id, status: 'busy' });
    expect(await json(place, 'end', id)).toMatchObject({ ended: true, session: { id } });
    expect(await processesWith(id.slice('claude_'.length))).toEqual([]);
    const events = linesOf((await follow.ended).stdout).map((line) => JSON.parse(line));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.slice(-2)).toMatchObject([
      { type: 'turn_ended', turn: { state: 'lost' } },
      { type: 'session_ended', reason: 'ended at the terminal' },
    ]);
    expect((await json(place, 'list')).sessions).toEqual([]);
    expect((await json(place, 'list', '--all')).sessions).toMatchObject([{ id }]);
  });

  test('find nothing where none has been, and make nothing', async () => {
    const place = await makeWorkplace();
    const none = await command(place, 'list');
    expect(none).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('no server has run'),
    });
    const unknown = await command(place, 'show', 'nobody');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(linesOf(unknown.stderr)).toEqual([expect.stringContaining('no session')]);
    await expect(access(place.stateDirectory)).rejects.toThrow('ENOENT');
  });
});

describe('a command', OPTIONS, () => {
  test('takes a root that is not there, which is nothing to it', async () => {
    const place = await makeWorkplace();
    expect(await command(place, 'list', '--root', '/does/not/exist')).toMatchObject({ code: 0 });
  });

  test('stops quietly when its reader does', async () => {
    const place = await makeWorkplace();
    const server = await place.startHttp();
    const client = await connectHttp('v2 legacy', server);
    await client.call('create_session', { workingDirectory: place.directory });
    // It waits until nobody reads any more, and writes then.
    const line = 'set -o pipefail; { sleep 0.1; exec "$0" "$@"; } | true';
    const { command: node, args } = commandOf(['list']);
    const done = promisify(execFile)('bash', ['-c', line, node, ...args], { env: place.env });
    expect(await done).toMatchObject({ stdout: '', stderr: '' });
  });

  test('has titles and colours at a terminal, and no colours where NO_COLOR is set', async () => {
    const place = await makeWorkplace();
    const server = await place.startHttp();
    const client = await connectHttp('v2 legacy', server);
    const { session } = await client.call('create_session', { workingDirectory: place.directory });
    await client.call('end_session', { sessionId: session.id });
    // A terminal that does not say how wide it is.
    const { command: node, args } = commandOf(['list', '--all']);
    const line = [node, ...args].map((word) => `'${word}'`).join(' ');
    const atTerminal = async (more: Record<string, string>) => {
      const env = { ...place.env, TERM: 'xterm', ...more };
      const done = promisify(execFile)('script', ['-qec', line, '/dev/null'], { env });
      return (await done).stdout;
    };
    const coloured = await atTerminal({});
    expect(coloured).toContain('\u001b[2mID      ');
    expect(coloured).toContain('\u001b[2mterminated\u001b[22m');
    const plain = await atTerminal({ NO_COLOR: '1' });
    expect(plain).toMatch(/^ID {8}STATUS {6}ACTIVE/);
    expect(plain).not.toContain('\u001b');
    for (const line of plain.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('doctor finds a sound place, in its own words and in JSON', async () => {
    const place = await makeWorkplace();
    const found = await command(place, 'doctor');
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(linesOf(found.stdout).map((line) => line.split('\t')[0])).not.toContain('fail');
    expect(await json(place, 'doctor')).toMatchObject({ ok: true });
    expect(found.stdout).not.toContain(place.env.ANTHROPIC_API_KEY);
    const failing = await command(place, 'doctor', '--claude-path', '/does/not/exist');
    expect(failing).toMatchObject({ code: 1, stderr: '' });
    expect(failing.stdout).toMatch(/^fail\tClaude Code\t\/does\/not\/exist/m);
  });

  test('--help names every command on one screen, and explains one', async () => {
    const place = await makeWorkplace();
    const broken = { CLAUDE_SESSIONS_PORT: 'none' };
    const help = async (...args: string[]) => {
      const { code, stdout, stderr } = await place.start({ args, env: broken }).ended;
      expect([code, stderr]).toEqual([0, '']);
      for (const line of linesOf(stdout)) expect(line.length).toBeLessThanOrEqual(80);
      return stdout;
    };
    const overview = await help('--help');
    expect(linesOf(overview).length).toBeLessThanOrEqual(24);
    for (const name of COMMAND_NAMES.filter((each) => each !== 'stdio')) {
      expect(overview).toMatch(new RegExp(`^(\\w+)? +${escaped(synopsisOf(name))}  `, 'm'));
    }
    expect(await help('help')).toBe(overview);
    expect(await help('-h')).toBe(overview);
    const tail = await help('tail', '--help');
    expect(tail).toMatch(/^Usage: claude-sessions-mcp tail /);
    expect(tail).toMatch(/^ {2}--after SEQ /m);
    expect(await help('help', 'tail')).toBe(tail);
    expect(await help('tail', 'x', '-h', '--bogus')).toBe(tail);
    expect(await help('-v')).toBe(await help('--version'));
    const settings = await help('help', 'settings');
    expect(settings).toMatch(/--idle-evict-ms N .*\(default 300000 ms\)$/m);
    const unknown = await command(place, 'help', 'tial');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('did you mean tail?');
  });
});

function escaped(text: string): string {
  return text.replace(/[[\]]/g, '\\$&');
}

test('what somebody else wrote does not act on the terminal in an error either', async () => {
  const place = await makeWorkplace();
  const nasty = 'x\u001b[2J\u009b31m\u202e\u200b';
  for (const args of [['show', nasty], [nasty], [`--${nasty}`], ['list', '--state-dir', nasty]]) {
    const { stdout, stderr } = await command(place, ...args);
    expect(stdout + stderr).not.toBe('');
    expect(stdout + stderr).not.toMatch(/(?!\t|\n)[\p{Cc}\p{Bidi_Control}\u200b]/u);
  }
});
