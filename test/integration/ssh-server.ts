/** An ssh server of the test's own: a free port of this machine, throw-away keys, and one user who may log in. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const SSHD = '/usr/sbin/sshd';

/** Who logs in: this user, or another one if this is root, because only root's own server lets root in. */
const isRoot = userInfo().uid === 0;
export const LOGIN = isRoot
  ? { uid: 1, name: userNamed(1) }
  : { uid: userInfo().uid, name: userInfo().username };

function userNamed(uid: number): string {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [name = ''] = lines.find((line) => line.split(':')[2] === `${uid}`)?.split(':') ?? [];
  return name;
}

export function asUser(uid: number): readonly string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
}

export type SshServer = {
  readonly port: number;
  /** The variables for a user with the one key that the server knows. Only the agent has it. */
  readonly variables: { readonly SSH_AUTH_SOCK: string; readonly GIT_SSH_COMMAND: string };
};

/** @param agentUid whose agent it is; an agent serves nobody else */
export async function startSshServer(folder: string, agentUid: number): Promise<SshServer> {
  mkdirSync(folder);
  for (const name of ['host_key', 'user_key']) {
    await finished(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    if (isRoot) chownSync(join(folder, name), LOGIN.uid, LOGIN.uid);
  }
  const port = await listen(folder);
  const known = join(folder, 'known_hosts');
  writeFileSync(known, `[127.0.0.1]:${port} ${readFileSync(join(folder, 'host_key.pub'), 'utf8')}`);
  const options = [
    `UserKnownHostsFile=${known}`,
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    'IdentityFile=none',
  ];
  const command = ['ssh', '-F', 'none', ...options.flatMap((option) => ['-o', option])];
  const SSH_AUTH_SOCK = await startAgent(folder, agentUid);
  return { port, variables: { SSH_AUTH_SOCK, GIT_SSH_COMMAND: command.join(' ') } };
}

/** One server process for each connection, as inetd would start it: so nobody else can have taken the port. */
async function listen(folder: string): Promise<number> {
  const config = join(folder, 'sshd_config');
  const settings = [
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(folder, 'user_key.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PidFile none',
    'LogLevel ERROR',
  ];
  writeFileSync(config, `${settings.join('\n')}\n`);
  const [command = '', ...args] = [...withShell(folder), SSHD, '-i', '-e', '-f', config];
  const children = new Set<ChildProcess>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn(command, args, { stdio: [socket, socket, 'inherit'] });
    child.once('exit', () => socket.destroy());
    children.add(child);
  });
  onTestFinished(() => {
    server.close();
    for (const child of children) child.kill('SIGKILL');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Users other than root and people have no shell to log in to, so this server sees another list of users. */
function withShell(folder: string): readonly string[] {
  if (!isRoot) return [];
  const users = join(folder, 'passwd');
  const { uid, name } = LOGIN;
  writeFileSync(users, `root:x:0:0:root:/root:/bin/sh\n${name}:x:${uid}:${uid}::/:/bin/sh\n`);
  const script = 'mount --bind "$0" /etc/passwd && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, users, ...asUser(uid)];
}

/** Adds the key to a new agent and deletes its file. */
async function startAgent(folder: string, uid: number): Promise<string> {
  const own = join(folder, 'agent');
  const [key, socket] = [join(folder, 'user_key'), join(own, 'socket')];
  mkdirSync(own, { mode: 0o700 });
  const within = isRoot ? asUser(uid) : [];
  if (isRoot) for (const path of [own, key]) chownSync(path, uid, uid);
  const agent = run([...within, 'ssh-agent', '-D', '-a', socket]);
  onTestFinished(() => void agent.kill('SIGKILL'));
  // It says where it listens.
  await once(agent.stdout, 'data');
  await finished([...within, 'env', `SSH_AUTH_SOCK=${socket}`, 'ssh-add', '-q', key]);
  rmSync(key);
  return socket;
}

function run([command = '', ...args]: readonly string[]) {
  return spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function finished(line: readonly string[]): Promise<void> {
  const [code] = await once(run(line), 'exit');
  if (code !== 0) throw new Error(`${line.join(' ')} ended with ${code}`);
}
