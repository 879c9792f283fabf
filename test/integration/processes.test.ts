import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTimeOf } from '../../src/runner/process-table.ts';
import { type GuardKind, guardEnvironment } from '../chaos/guards.ts';
import { processesWith } from '../demo/processes.ts';
import { commandOf, Server, type Workplace } from '../support/client/place.ts';
import { type Step, script } from '../support/messages-api.ts';
import { APART } from '../support/processes.ts';
import { connectStdio, makeWorkplace } from '../support/program.ts';
import { connectTo, create, OPTIONS, POLL, processesOf, send, turn } from './sessions.ts';

/** Everything. The guard of a user who is not root is tried by `user.test.ts`, too. */
const GUARD_KINDS = ['auto', 'portable'] as const;
/** How many sessions are at work: the portable guard looks at the same table of processes for each, however many there are. */
const AT_WORK = { auto: 20, portable: 6 } as const;
/** Where a process is found in another way than with the others: at an end that is ordered, and one that is not. */
const ALSO_SUPERVISED = ['auto', 'portable', 'supervisor'] as const;

async function makeGuarded(guard: GuardKind): Promise<Workplace> {
  const place = await makeWorkplace();
  Object.assign(place.env, guardEnvironment(guard));
  return place;
}

async function startGuarded(guard: GuardKind, ...args: string[]) {
  const place = await makeGuarded(guard);
  return { place, client: await connectTo(place, ...args) };
}

/** What is promised; past it a process has outlived its session. */
const GONE = { timeout: 5000 };
/**
 * Leaves one process in a session of its own and one that ignores the end of its terminal; a third is waited for. Their
 * command lines show whose they are: macOS does not show the environment of its own programs.
 */
const TREE = `: > "$TMPDIR/held"; ${APART} tail -f "$TMPDIR/held" & nohup tail -f "$TMPDIR/held" & tail -f "$TMPDIR/held"`;

function holding(name: string): Step {
  return { tool: 'Bash', input: { command: `touch ${name}; ${TREE}` } };
}

function background(name: string): Step {
  return { tool: 'Bash', input: { command: `touch ${name}; ${TREE}`, run_in_background: true } };
}

/** Leaves two processes with nothing of the session's but its directory; their ids are then in `pids`. */
const ESCAPE = `
  for each in 1 2; do
    (env -i setsid nohup sh -c 'echo $$ >> pids; exec sleep 600' > /dev/null 2>&1 < /dev/null &)
  done
  until [ "$(wc -l < pids)" -eq 2 ]; do sleep 0.05; done 2> /dev/null`;

/** A folder for the beginning of the PATH with programs that are there and do not work. */
async function programsThatFail(place: Workplace, names: readonly string[]): Promise<string> {
  const folder = join(place.scratch, 'failing');
  await mkdir(folder);
  for (const name of names)
    await writeFile(join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  return folder;
}

/** Comes to its end and leaves a process that nobody waits for. */
const STRAY: Step = {
  tool: 'Bash',
  input: {
    command: `: > "$TMPDIR/stray"; ${APART} tail -f "$TMPDIR/stray" > /dev/null 2>&1 < /dev/null & echo left`,
  },
};

async function started(place: Workplace, ...names: string[]): Promise<void> {
  await expect.poll(() => readdir(place.directory), POLL).toEqual(expect.arrayContaining(names));
}

describe.each(ALSO_SUPERVISED)('with the guard %s, no process outlives', OPTIONS, (guard) => {
  test('end_session: neither a shell, nor a background task, nor what they started, when it answers', async () => {
    const { place, client } = await startGuarded(guard);
    const [busy, idle] = [await create(client, place), await create(client, place)];
    await send(client, busy, [holding('busy')]);
    await turn(client, idle, [background('task'), STRAY, { text: 'idle' }]);
    await started(place, 'busy', 'task');
    for (const id of [busy, idle]) {
      // The shell that has made the file may not have started the rest yet.
      await expect.poll(async () => (await processesOf(id)).length, POLL).toBeGreaterThan(4);
      await client.call('end_session', { sessionId: id });
      expect(await processesOf(id)).toEqual([]);
    }
  });

  test('its server that is killed in the middle of turns and background tasks', () =>
    endAtWork(guard, 'SIGKILL'));
});

describe.each(GUARD_KINDS)('with the guard %s, no process outlives', OPTIONS, (guard) => {
  test('an eviction for another session, which waits for what was left running, and then names it', async () => {
    const { place, client } = await startGuarded(
      guard,
      '--idle-evict-ms',
      '3000',
      '--max-live',
      '1',
    );
    const [first, second] = [await create(client, place), await create(client, place)];
    const command = 'echo kept > "$TMPDIR/patch"; nohup sleep 600 > /dev/null 2>&1 & echo left';
    await turn(client, first, [{ tool: 'Bash', input: { command } }, { text: 'idle' }]);
    const idleAt = performance.now();
    await turn(client, second, [{ text: 'in its place' }]);
    expect(performance.now() - idleAt).toBeGreaterThan(2900);
    expect(await processesOf(first)).toEqual([]);
    const { events } = await client.call('read_events', { sessionId: first, limit: 500 });
    expect(events.at(-1)).toMatchObject({
      type: 'notice',
      text: 'Programs that the session had left running were ended with its process: sleep.',
    });
    const look = { tool: 'Bash', input: { command: 'cat "$TMPDIR/patch"' } };
    await turn(client, first, [look, { text: 'again' }]);
    const { events: all } = await client.call('read_events', { sessionId: first, limit: 500 });
    expect(all.findLast(({ type }) => type === 'tool_result')).toMatchObject({ text: 'kept' });
    const folders = () => readdir(join(place.stateDirectory, 'tmp'));
    expect(await folders()).toHaveLength(2);
    for (const sessionId of [first, second]) await client.call('end_session', { sessionId });
    await expect.poll(folders, POLL).toEqual([]);
  });

  test('an eviction for another session, background tasks included', async () => {
    const { place, client } = await startGuarded(
      guard,
      '--idle-evict-ms',
      '500',
      '--max-live',
      '1',
    );
    const [first, second] = [await create(client, place), await create(client, place)];
    await turn(client, first, [background('task'), { text: 'idle' }]);
    await started(place, 'task');
    await turn(client, second, [{ text: 'in its place' }]);
    expect(await processesOf(first)).toEqual([]);
    expect(await turn(client, first, [{ text: 'again' }])).toMatchObject({ result: 'again' });
    const { events } = await client.call('read_events', { sessionId: first, limit: 500 });
    expect(events.filter(({ type }) => type === 'notice').map(({ text }) => text)).toContainEqual(
      expect.stringContaining('background tasks were stopped'),
    );
  });

  test.each(['SIGTERM', 'end of input'] as const)(
    'its server that ends by %s in the middle of turns and background tasks',
    (how) => endAtWork(guard, how),
  );

  test(`its server that is told to end with ${AT_WORK[guard]} sessions at work`, async () => {
    const place = await makeGuarded(guard);
    const server = await new Server(place, { args: ['--max-live', '20'] }).initialize();
    const names = Array.from({ length: AT_WORK[guard] }, (_, index) => `busy-${index}`);
    for (const name of names) await prompt(server, place, [holding(name)]);
    await expect
      .poll(async () => (await readdir(place.directory)).sort(), { timeout: 100_000 })
      .toEqual(names.sort());
    await endBy(server.program, place, 'SIGTERM');
  });
});

test.skipIf(process.platform !== 'linux').each([
  ['without namespaces', ['unshare']],
  ['without any guard', ['unshare', 'setpriv']],
])(
  'no process outlives end_session, on a Linux %s, having cleared its environment',
  OPTIONS,
  async (_, lacking) => {
    const place = await makeWorkplace();
    const bin = await programsThatFail(place, lacking);
    const env = { ...place.env, PATH: `${bin}:${place.env.PATH}` };
    const client = await connectStdio('v2 legacy', { ...commandOf(), env });
    const id = await create(client, place);
    await turn(client, id, [{ tool: 'Bash', input: { command: ESCAPE } }, { text: 'idle' }]);
    const pids = await readFile(join(place.directory, 'pids'), 'utf8');
    const escaped = pids.trim().split('\n').map(Number);
    expect(escaped.map((pid) => startTimeOf(pid))).toEqual([
      expect.any(String),
      expect.any(String),
    ]);
    await client.call('end_session', { sessionId: id });
    expect(escaped.map((pid) => startTimeOf(pid))).toEqual([undefined, undefined]);
  },
);

async function prompt(server: Server, place: Workplace, steps: Step[]): Promise<void> {
  const args = { workingDirectory: place.directory, allowedTools: ['Bash'], prompt: script(steps) };
  await server.call('create_session', args);
}

async function endAtWork(guard: GuardKind, how: Parameters<typeof endBy>[2]): Promise<void> {
  const place = await makeGuarded(guard);
  const server = await new Server(place).initialize();
  await prompt(server, place, [background('task'), { text: 'idle' }]);
  await prompt(server, place, [holding('busy')]);
  await started(place, 'task', 'busy');
  await endBy(server.program, place, how);
}

async function endBy(
  program: Server['program'],
  place: Workplace,
  how: NodeJS.Signals | 'end of input',
): Promise<void> {
  expect((await processesWith(place.scratch)).length).toBeGreaterThan(5);
  if (how === 'end of input') program.child.stdin.end();
  else program.child.kill(how);
  const { code, signal } = await program.ended;
  expect([code, signal]).toEqual(how === 'SIGKILL' ? [null, 'SIGKILL'] : [0, null]);
  await expect.poll(() => processesWith(place.scratch), GONE).toEqual([]);
}
