/** `git push` over ssh from a session: with the agent of the server's user if it is passed on, and not otherwise. */

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Server, type Workplace } from '../support/client/place.ts';
import { script } from '../support/messages-api.ts';
import { lacksSshd, lacksUsers } from '../support/needs.ts';
import { makeWorkplace } from '../support/program.ts';
import { OPTIONS } from './sessions.ts';
import { asUser, LOGIN, startSshServer } from './ssh-server.ts';

const AUTHOR = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com'];

const ME = process.getuid?.() ?? 0;
const USERS = lacksUsers ? [ME] : [ME, LOGIN.uid];

/** A repository with one commit in the place's folder, whose origin is an ssh server here. */
async function makeRepository(place: Workplace, uid: number) {
  const bare = join(place.scratch, 'origin.git');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', place.directory, ...args], { env: place.env, encoding: 'utf8' });
  git('init', '-q', '--bare', bare);
  git('init', '-q');
  git(...AUTHOR, 'commit', '-q', '--allow-empty', '-m', 'first');
  // The server of the session makes its state there, and the one for ssh has to get through.
  if (ME === 0) chownSync(place.scratch, uid, uid);
  chmodSync(place.scratch, 0o755);
  const { port, variables } = await startSshServer(join(place.scratch, 'ssh'), uid);
  git('remote', 'add', 'origin', `ssh://${LOGIN.name}@127.0.0.1:${port}${bare}`);
  const head = git('rev-parse', 'HEAD').trim();
  const folders = ['home', 'config', 'tmp'].map((name) => join(place.scratch, name));
  give(uid, place.directory, ...folders);
  give(LOGIN.uid, bare);
  const pushed = () =>
    spawnSync('git', ['-c', 'safe.directory=*', '-C', bare, 'rev-parse', 'main'], {
      encoding: 'utf8',
      env: place.env,
    }).stdout.trim();
  return { head, variables, pushed };
}

function give(uid: number, ...paths: string[]): void {
  if (ME === 0) execFileSync('chown', ['-R', `${uid}:${uid}`, ...paths]);
}

test.skipIf(lacksSshd).each(USERS)(
  'user %i pushes over ssh from a session, if the agent is passed on',
  OPTIONS,
  async (uid) => {
    const place = await makeWorkplace();
    const { head, variables, pushed } = await makeRepository(place, uid);
    const push = async (...args: string[]) => {
      const within = uid === ME ? [] : asUser(uid);
      const server = await new Server(place, { args, env: variables, within }).initialize();
      const { session } = await server.call('create_session', {
        workingDirectory: place.directory,
        allowedTools: ['Bash'],
        prompt: script([
          { tool: 'Bash', input: { command: 'git push origin HEAD:refs/heads/main 2>&1' } },
          { text: 'done' },
        ]),
      });
      const wait = { sessionIds: [session.id], until: 'turn_end', waitMs: 45_000 };
      await server.call('wait_sessions', wait);
      const read = { sessionId: session.id, detail: 'full' };
      const { events } = await server.call('read_events', read);
      await server.program.leave();
      return events.flatMap((event) => (event.type === 'tool_result' ? [event.text] : [])).join();
    };

    expect(await push('--env', 'GIT_SSH_COMMAND')).toContain('Permission denied (publickey)');
    expect(pushed()).not.toBe(head);
    const said = await push('--env', 'GIT_SSH_COMMAND', '--env', 'SSH_AUTH_SOCK');
    expect(said).toContain('HEAD -> main');
    expect(pushed()).toBe(head);
  },
);
