import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createFinder } from '../../src/runner/finder.ts';
import { processGuard } from '../../src/runner/guard.ts';
import { createKillTree, identify, spawnGuarded } from '../../src/runner/process.ts';
import { lookAt, OWN_SYSTEM, startTimeOf } from '../../src/runner/process-table.ts';
import { markedOnly } from '../../src/session/process.ts';
import { APART, programOf, stateOf } from '../support/processes.ts';
import { findByMarker } from './find-by-marker.ts';
import { type GuardCase, guardCases } from './guards.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const DIRECTORY = realpathSync(mkdtempSync(join(tmpdir(), 'claude-sessions-guard-')));
const GUARDS = guardCases(DIRECTORY);
/** The weakest that this system itself has. */
const ALONE: GuardCase = aloneOf(GUARDS);
afterAll(() => rmSync(DIRECTORY, { recursive: true }));

const killTree = createKillTree(createFinder(OWN_SYSTEM, DIRECTORY));
const killTreeOf = ({ system }: GuardCase) => createKillTree(createFinder(system, DIRECTORY));
const TREE = `${APART} sleep 600 & echo ready; wait`;

/** Each `sleep` is a child of nobody of the tree any more, and has nothing of it open. */
const ESCAPED = `
  (env -i setsid nohup sleep 600 > /dev/null 2>&1 < /dev/null &)
  (cd /; env -i setsid sh -c 'sleep 600 & exit' > /dev/null 2>&1 < /dev/null &)
  echo ready; exec tail -f /dev/null`;

function aloneOf(cases: readonly GuardCase[]): GuardCase {
  const alone = cases.find(({ title }) => title === 'supervisor alone');
  if (alone === undefined) throw new Error('it always works');
  return alone;
}

const markers: string[] = [];

function newMarker(): string {
  const marker = `test.${randomUUID()}`;
  markers.push(marker);
  return marker;
}

afterEach(async () => {
  for (const marker of markers.splice(0)) {
    await killTree(markedOnly(marker));
  }
});

function start(script: string, { guard, system }: GuardCase = ALONE, marker = newMarker()) {
  const env = { PATH: process.env.PATH, CLAUDE_SESSIONS_MARKER: marker };
  const request = { command: 'sh', args: ['-c', script], cwd: undefined, env };
  const { child, stderr } = spawnGuarded(request, guard);
  return { child, stderr, marker, identity: identify(child.pid ?? 0, marker, system) };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout ?? child, 'data');
  return String(chunk).trim();
}

/** The same, once it has said its first line. */
async function startReady(...args: Parameters<typeof start>) {
  const started = start(...args);
  await firstLine(started.child);
  return started;
}

/** Those that run a program, by the names that the operating system has for them. */
async function pidsOf(marker: string, name: string): Promise<readonly number[]> {
  const all = await findByMarker(marker, DIRECTORY);
  return all.filter((pid) => programOf(pid) === name);
}

const count = async (marker: string) => (await findByMarker(marker, DIRECTORY)).length;

test('a user namespace is used only if an operator wants one', () => {
  expect(processGuard('auto').name).toMatch(/^(pid-namespace|supervisor)$/);
  expect(processGuard('supervisor').name).toBe('supervisor');
  if (process.platform !== 'linux') expect(processGuard('namespace').name).toBe('supervisor');
});

describe.each(GUARDS)('a process under the guard $title', (each) => {
  const { guard } = each;

  test('has the given standard streams, environment and directory, and its exit code is told', async () => {
    const env = { PATH: process.env.PATH, WORD: 'a b"$c' };
    const request = { command: 'sh', args: ['-c', 'cat; env; pwd; exit 7'], cwd: '/usr', env };
    const { child } = spawnGuarded(request, guard);
    child.stdin.end('from stdin\n');
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(code).toBe(7);
    const lines = said.trim().split('\n');
    expect(lines).toEqual(expect.arrayContaining(['from stdin', 'WORD=a b"$c', '/usr']));
    const names = lines.flatMap((line) => (line.includes('=') ? [line.split('=')[0]] : []));
    expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? ''))).toEqual(
      expect.arrayContaining(['PATH', 'WORD']),
    );
    expect(names).not.toContain('HOME');
  });

  test('is ended with all it started, a child in a session of its own included', async () => {
    const { identity, marker } = await startReady(TREE, each);
    await expect.poll(() => count(marker)).toBeGreaterThanOrEqual(2);
    expect(await killTreeOf(each)(identity)).toBe(true);
    expect(await count(marker)).toBe(0);
  });

  test('leaves nothing behind that outlives a killed parent', async () => {
    const marker = newMarker();
    const program = join(PROGRAMS, 'guarding-parent.ts');
    const parent = spawn(process.execPath, [program, each.title, marker, DIRECTORY], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(await firstLine(parent)).toBe('ready');
    expect(await count(marker)).toBeGreaterThanOrEqual(2);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await expect.poll(() => count(marker), { timeout: 5000 }).toBe(0);
  });
});

test.each(GUARDS.filter(({ system }) => system === 'linux'))(
  'under $title, what has cleared its environment and left its session, its group and its parent is ended too',
  async (each) => {
    const { identity, marker } = await startReady(ESCAPED, each);
    await expect.poll(() => pidsOf(marker, 'sleep')).toHaveLength(2);
    const escaped = await pidsOf(marker, 'sleep');
    expect(await killTreeOf(each)(identity)).toBe(true);
    expect(await count(marker)).toBe(0);
    for (const pid of escaped) expect(startTimeOf(pid)).toBeUndefined();
  },
);

describe('killing', () => {
  test('spares a process that only has the same pid', async () => {
    const { child, identity } = await startReady('echo ready; exec sleep 600');
    const other = newMarker();
    expect(await killTree({ ...identity, startTime: '1', marker: other })).toBe(true);
    expect(await killTree({ ...identity, startTime: '', marker: other })).toBe(true);
    expect(await killTree({ ...identity, bootId: 'another boot', marker: other })).toBe(true);
    expect(child.exitCode ?? child.signalCode).toBeNull();
    expect(await killTree({ ...identity, marker: other })).toBe(true);
    await expect.poll(() => child.signalCode).toBe('SIGKILL');
  });

  test('does not wait for what has ended and whose parent does not notice', async () => {
    const keeper = await start(`sh -c 'exit' & echo $!; exec tail -f /dev/null`);
    const pid = Number(await firstLine(keeper.child));
    await expect.poll(() => stateOf(pid)).toMatch(/^Z/);
    expect(await findByMarker(keeper.marker, DIRECTORY)).toEqual([keeper.child.pid]);
  });

  test('does nothing to a process that has ended', async () => {
    const { child, identity } = start('exit 0');
    await once(child, 'exit');
    expect(await killTree(identity)).toBe(true);
  });

  test('of many trees at once ends each of them, and spares the others', async () => {
    const [spared, ...trees] = Array.from({ length: 9 }, () => start(TREE));
    await Promise.all(trees.map(({ child }) => firstLine(child)));
    const kill = killTreeOf(ALONE);
    expect(await Promise.all(trees.map(({ identity }) => kill(identity)))).toEqual(
      trees.map(() => true),
    );
    for (const { marker } of trees) expect(await count(marker)).toBe(0);
    expect(await count(spared?.marker ?? '')).toBeGreaterThan(0);
  });

  test('keeps up with a tree that goes on forking', async () => {
    const { identity, marker } = await startReady(
      `echo ready; while :; do ${APART} sleep 600 & done`,
    );
    expect(await killTree(identity)).toBe(true);
    expect(await count(marker)).toBe(0);
  });
});

describe('finding by marker', () => {
  test('needs the whole marker in the environment, not a part of it and not in an argument', async () => {
    const { child, marker } = await startReady('echo ready; exec sleep 600');
    await startReady(`echo CLAUDE_SESSIONS_MARKER=${marker}; exec sleep 600`);
    const longer = start('echo ready; exec sleep 600', ALONE, `${marker}.longer`);
    markers.push(longer.marker);
    await firstLine(longer.child);
    expect(await findByMarker(marker, DIRECTORY)).toEqual([child.pid]);
    expect(await findByMarker(marker.slice(0, -1), DIRECTORY)).toEqual([]);
  });

  test('never finds the one who looks', async () => {
    const marker = newMarker();
    const finder = spawn(process.execPath, [join(PROGRAMS, 'find-marked.ts'), marker, DIRECTORY], {
      env: { PATH: process.env.PATH, CLAUDE_SESSIONS_MARKER: marker },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(JSON.parse(await text(finder.stdout))).toEqual([]);
  });
});

describe('a guarded process', () => {
  test('can write more to standard error than anyone reads; the end of it is kept', async () => {
    const { child, stderr } = start('head -c 1000000 /dev/zero | tr "\\0" x >&2; echo the end >&2');
    await once(child, 'close');
    expect(stderr()).toMatch(/^x+the end\n$/);
    expect(stderr()).toHaveLength(64 * 1024);
  });

  test('that cannot be spawned does not bring the program down', async () => {
    const request = { command: '/no/such/program', args: [], cwd: undefined, env: {} };
    const { child } = spawnGuarded(request, ALONE.guard);
    child.stdin.write('unread');
    const [error] = await once(child, 'error');
    expect(error).toMatchObject({ code: 'ENOENT' });
  });
});

test('a process that its parent waits for during the look is gone, not unknown', async () => {
  const script = 'while sleep 600 & do echo $!; read -r _; kill -9 $!; wait $!; done';
  const { child } = start(script);
  for (let count = 0; count < 100; count += 1) {
    const pid = Number(await firstLine(child));
    child.stdin.write('\n');
    let seen = lookAt(pid);
    while (typeof seen !== 'string') seen = lookAt(pid);
    expect(seen).toBe('gone');
  }
});
