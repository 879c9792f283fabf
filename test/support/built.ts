/** The built program over HTTP, for scripts as well as tests: on a folder of its own, with a Claude Code that is not there. */

import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

/** A folder with a root to work in; sessions are made there, and none of them can be run. */
export type Folder = {
  readonly directory: string;
  readonly work: string;
  readonly log: string;
  /** What any start of the program is given. */
  readonly flags: readonly string[];
  remove(): Promise<void>;
};

export async function makeFolder(name: string): Promise<Folder> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), `claude-sessions-${name}-`)));
  const work = join(directory, 'work');
  await mkdir(work);
  const log = join(directory, 'server.log');
  const settings = {
    'state-dir': join(directory, 'state'),
    root: work,
    'claude-path': join(directory, 'no-claude'),
    'log-file': log,
    'log-level': 'warn',
  };
  const flags = Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, value]);
  return { directory, work, log, flags, remove: () => rm(directory, { recursive: true }) };
}

export type BuiltHttp = {
  readonly url: string;
  readonly child: ChildProcess & { readonly pid: number };
  /** Stops it with SIGTERM; its exit code. */
  stop(): Promise<number | null>;
};

/** Starts `http` on a free port and waits until it serves. */
export async function startBuiltHttp(flags: readonly string[]): Promise<BuiltHttp> {
  const args = [MAIN, 'http', '--port', '0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let told = '';
  for await (const [chunk] of on(child.stderr, 'data', { close: ['end'] })) {
    told += chunk;
    const url = /serving MCP at (\S+)\n/.exec(told)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    const stop = async () => {
      child.kill();
      const [code] = await closed;
      return code;
    };
    return { url, child: Object.assign(child, { pid: child.pid ?? 0 }), stop };
  }
  throw new Error(`the program ended before it served: ${told}`);
}
