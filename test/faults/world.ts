/** Faults of the machine, made for real: a small disk, a read-only one, system calls that fail. Needs root. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';

/** A file system of its own on a directory, which only programs started {@link Disk.within} see there. */
export type Disk = {
  /** Prefix of a command that must see the disk. */
  readonly within: readonly string[];
  /** The directory's content as seen from here. */
  readonly seenFrom: string;
  remount(options: string): void;
};

/** @param options of mount(8), such as `size=1m` */
export async function mountDisk(directory: string, options: string): Promise<Disk> {
  mkdirSync(directory, { recursive: true });
  const script = 'mount -t tmpfs -o "$1" tmpfs "$0" && echo mounted && exec cat';
  const holder = spawn('unshare', ['-m', 'sh', '-c', script, directory, options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => endChild(holder));
  await saying(holder, holder.stdout, 'mounted');
  const within = ['nsenter', '-t', String(holder.pid), '-m'];
  return {
    within,
    seenFrom: `/proc/${holder.pid}/root${directory}`,
    remount: (changed) => {
      const [command = '', ...args] = [...within, 'mount', '-o', `remount,${changed}`, directory];
      execFileSync(command, args);
    },
  };
}

/**
 * Makes system calls of a running process fail, those on `path` only, until the returned function is called.
 *
 * @param fault as strace takes it: `fsync:error=EIO`
 */
export async function injectFault(
  pid: number,
  fault: string,
  path: string,
): Promise<() => Promise<void>> {
  const [calls] = fault.split(':');
  const args = ['-f', '-p', `${pid}`, '-P', path, '-e', `trace=${calls}`, '-e', `inject=${fault}`];
  const strace = spawn('strace', [...args, '-o', '/dev/null'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => endChild(strace));
  await saying(strace, strace.stderr, 'attached');
  return () => endChild(strace, 'SIGINT');
}

/** Holds the database's write lock until the returned function is called. */
export function holdLock(file: string): () => void {
  const holder = new DatabaseSync(file);
  holder.exec('BEGIN EXCLUSIVE');
  return () => holder.close();
}

export function integrityOf(file: string): unknown {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare('PRAGMA integrity_check').get()?.integrity_check;
  } finally {
    db.close();
  }
}

async function saying(child: ChildProcess, stream: NodeJS.ReadableStream, word: string) {
  let said = '';
  const heard = new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes(word)) resolve();
    });
  });
  const gone = Promise.race([once(child, 'close'), once(child, 'error')]).then(() => {
    throw new Error(
      `${child.spawnfile} could not be used (it needs root and its package): ${said}`,
    );
  });
  await Promise.race([heard, gone]);
  // What comes of it later is the end that we ask for.
  gone.catch(() => {});
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'close');
}
