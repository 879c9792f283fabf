/** Slim containers lack programs that guards are made of: what still works, and what is said about it. */

import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type GuardKind, guardEnvironment } from '../chaos/guards.ts';
import { processesWith } from '../demo/processes.ts';
import { commandOf, Server, type Workplace } from '../support/client/place.ts';
import { script } from '../support/messages-api.ts';
import { lacksMounts } from '../support/needs.ts';
import { makeWorkplace } from '../support/program.ts';
import { OPTIONS } from './sessions.ts';

/** Runs a command where these programs of the system are not to be found. */
function without(names: readonly string[]): readonly string[] {
  const hide = names.map(
    (name) => `mount --bind /dev/null "$(readlink -f "$(command -v ${name})")"`,
  );
  return ['unshare', '-m', 'sh', '-c', `${hide.join(' && ')} && exec "$@"`, 'sh'];
}

/** Neither namespaces nor `setpriv` work, as in most containers. */
async function makeContained(guard: GuardKind): Promise<Workplace> {
  const place = await makeWorkplace();
  const folder = join(place.scratch, 'failing');
  await mkdir(folder);
  for (const name of ['unshare', 'setpriv']) {
    await writeFile(join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  }
  Object.assign(place.env, guardEnvironment(guard), { PATH: `${folder}:${place.env.PATH}` });
  return place;
}

function isolationOf(place: Workplace, within: readonly string[]): unknown {
  const { command, args } = commandOf(['doctor', '--json']);
  const [first = '', ...rest] = [...within, 'env', `PATH=${place.env.PATH}`, command, ...args];
  const env = { ...place.env, PATH: process.env.PATH };
  const { stdout } = spawnSync(first, rest, { encoding: 'utf8', env });
  return JSON.parse(stdout).checks.find(({ name }: { name: string }) => name === 'isolation');
}

/** Starts a server there, and has a session run a shell that leaves a process. */
async function work(place: Workplace, within: readonly string[]) {
  const start = [...within, 'env', `PATH=${place.env.PATH}`];
  const server = await new Server(place, {
    within: start,
    env: { PATH: process.env.PATH ?? '' },
  }).initialize();
  const command = 'tail -f /dev/null > /dev/null 2>&1 & echo left';
  const made = await server.call('create_session', {
    workingDirectory: place.directory,
    allowedTools: ['Bash'],
    prompt: script([{ tool: 'Bash', input: { command } }, { text: 'done' }]),
  });
  const wait = { until: 'turn_end', waitMs: 30_000 };
  await server.call('wait_sessions', { sessionIds: [made.session.id], ...wait });
  const { events } = await server.call('read_events', { sessionId: made.session.id, limit: 500 });
  const turn = events.findLast(({ type }) => type === 'turn_ended')?.turn;
  return { server, sessionId: made.session.id, turn };
}

test.skipIf(lacksMounts).each([
  ['no ps and no awk', ['ps', 'awk'], { status: 'ok', detail: /^supervised/ }],
  ['no grep', ['grep'], { status: 'warn', detail: /^none: /, hint: /^install grep in / }],
] as const)(
  'on a Linux that has %s, a session works and ends with all it started',
  OPTIONS,
  async (_, names, { detail, ...rest }) => {
    const [place, within] = [await makeContained('auto'), without(names)];
    expect(isolationOf(place, within)).toMatchObject({
      status: rest.status,
      detail: expect.stringMatching(detail),
      ...('hint' in rest && { hint: expect.stringMatching(rest.hint) }),
    });
    const { server, sessionId, turn } = await work(place, within);
    expect(turn).toMatchObject({ state: 'completed' });
    expect((await processesWith(place.scratch)).length).toBeGreaterThan(1);
    await server.call('end_session', { sessionId });
    const left = await processesWith(sessionId.replace('claude_', ''));
    expect(left).toEqual([]);
    await server.program.leave();
    await expect.poll(() => processesWith(place.scratch), { timeout: 5000 }).toEqual([]);
  },
);

test.skipIf(lacksMounts)(
  'without ps, a system that has no /proc starts no session, and says why',
  OPTIONS,
  async () => {
    const [place, within] = [await makeContained('portable'), without(['ps'])];
    expect(isolationOf(place, within)).toMatchObject({
      status: 'fail',
      hint: expect.stringMatching(/^install ps in /),
    });
    const { server, turn } = await work(place, within);
    expect(turn).toMatchObject({
      state: 'failed',
      error: { code: 'UNAVAILABLE', hint: expect.stringContaining('doctor') },
    });
    expect(await server.call('get_metrics')).toMatchObject({ totalSessions: 1 });
    await server.program.leave();
  },
);
