/** A server of a user who is not root: what looks at the owners of files works in its sessions as it does outside. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { mountDisk } from '../faults/world.ts';
import { Server, type Workplace } from '../support/client/place.ts';
import type { Start } from '../support/client/program.ts';
import { type Step, script } from '../support/messages-api.ts';
import { lacksMounts, lacksSsh, lacksUsers } from '../support/needs.ts';
import { makeWorkplace } from '../support/program.ts';
import { OPTIONS, POLL } from './sessions.ts';

/** It has a name, which ssh needs: `daemon` or `bin`. */
const USER = 1;
const AS_USER = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
const SSH_FOLDER = '/etc/ssh/ssh_config.d';

/** The rights that a session has, and what ssh and sudo say. */
const LOOK = `
  exec 2>&1
  cat /proc/self/uid_map
  stat -c '%n %u:%g' /etc/ssh/ssh_config ${SSH_FOLDER}/*
  ssh -G localhost; echo "ssh $?"
  sudo -n true; echo "sudo $?"`;

async function makePlaceOfUser(): Promise<Workplace> {
  const place = await makeWorkplace();
  spawnSync('chown', ['-R', `${USER}:${USER}`, place.scratch]);
  return place;
}

async function prompt(server: Server, place: Workplace, steps: Step[]): Promise<void> {
  const args = { workingDirectory: place.directory, allowedTools: ['Bash'], prompt: script(steps) };
  await server.call('create_session', args);
}

test.skipIf(lacksMounts || lacksUsers || lacksSsh)(
  'ssh, sudo and the owners of files are the same in a session as outside',
  OPTIONS,
  async () => {
    const place = await makePlaceOfUser();
    const disk = await mountDisk(SSH_FOLDER, 'mode=755');
    writeFileSync(join(disk.seenFrom, 'given.conf'), 'Host localhost\n  Port 4022\n');
    const script = join(place.directory, 'look.sh');
    writeFileSync(script, LOOK);
    const within = [...disk.within, ...AS_USER];
    const [command = '', ...args] = [...within, 'sh', script];
    const outside = spawnSync(command, args, { encoding: 'utf8', env: place.env });
    expect(outside.stdout).toMatch(/^port 4022$/m);

    const server = await new Server(place, { within }).initialize();
    const out = join(place.directory, 'out');
    const look = `sh ${script} > ${out}.draft; mv ${out}.draft ${out}`;
    await prompt(server, place, [{ tool: 'Bash', input: { command: look } }, { text: 'done' }]);
    await expect.poll(() => read(out), POLL).not.toBe('');
    expect(read(out)).toBe(outside.stdout);
    await server.program.leave();
  },
);

test.skipIf(lacksUsers).each(['auto', 'namespace'])(
  'no process of a session outlives a server that is killed, with --process-guard %s',
  OPTIONS,
  async (guard) => {
    const place = await makePlaceOfUser();
    const start: Start = { within: AS_USER, args: ['--process-guard', guard] };
    const server = await new Server(place, start).initialize();
    const command = 'touch begun; setsid tail -f /dev/null & nohup env -i tail -f /dev/null & wait';
    await prompt(server, place, [{ tool: 'Bash', input: { command } }]);
    await expect.poll(() => processesWith(place.scratch), POLL).not.toEqual([]);
    const { program } = server;
    await expect
      .poll(() => spawnSync('ls', [place.directory]).stdout.toString(), POLL)
      .toBe('begun\n');
    program.child.kill('SIGKILL');
    await program.ended;
    await expect.poll(() => processesWith(place.scratch), { timeout: 5000 }).toEqual([]);
  },
);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
