/** Starting programs whose three standard streams are pipes to us. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { SpawnOptions } from '@anthropic-ai/claude-agent-sdk';
import { spawnError } from './failure.ts';

/** The environment is complete: nothing is inherited. */
export type SpawnRequest = Omit<SpawnOptions, 'signal'>;

export type PipedChild = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Starts a program in a session of its own: a Ctrl-C at our terminal is for us to handle.
 *
 * @throws SessionError UNAVAILABLE if there are too few file descriptors or too little memory to start anything
 */
export function spawnPiped({ command, args, cwd, env }: SpawnRequest): PipedChild {
  try {
    const child = spawn(command, args, {
      cwd,
      env: { ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    // Without a listener a spawn error or a write after the child's death would end this program.
    child.on('error', () => undefined);
    // Out of file descriptors, the child has no streams, whatever their type says, and the error comes later.
    if (child.stdin !== undefined) {
      child.stdin.on('error', () => undefined);
      return child;
    }
  } catch (error) {
    throw spawnError(error);
  }
  throw spawnError(Object.assign(new Error('no pipes'), { code: 'EMFILE' }));
}
