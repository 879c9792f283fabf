/** Starts a Claude Code process for the Agent SDK. */

import { existsSync } from 'node:fs';
import type { Options, query, SpawnedProcess, SpawnOptions } from '@anthropic-ai/claude-agent-sdk';
import { SessionError } from '../errors.ts';
import type { Guarding } from './guarding.ts';
import { broughtError } from './installation.ts';
import { LineGate, type LineGateOptions } from './line-gate.ts';
import { type GuardedProcess, spawnGuarded } from './process.ts';
import type { Launched } from './run-parts.ts';

export type LaunchContext = {
  readonly guarding: Guarding;
  readonly claudePath?: string | undefined;
  readonly query: typeof query;
  /** The program that the Agent SDK has found. To look for it takes the SDK some milliseconds, in which all else waits. */
  foundPath?: string;
};

/**
 * Starts the process, behind the guard that ends what it leaves.
 *
 * @throws SessionError if there is none to start
 */
export function launch(
  context: LaunchContext,
  prompt: Parameters<typeof query>[0]['prompt'],
  gate: LineGateOptions,
  options: Options,
): Launched {
  const { guarding, claudePath, foundPath, query } = context;
  // If it is gone, the SDK has a better error than the guard.
  const isFound = foundPath !== undefined && existsSync(foundPath);
  let spawned: GuardedProcess | undefined;
  const spawnClaudeCodeProcess = (request: SpawnOptions) => {
    spawned = spawnGuarded(request, guarding.guard);
    context.foundPath = request.command;
    return behindGate(spawned.child, new LineGate(gate));
  };
  try {
    const started = query({
      prompt,
      options: {
        ...options,
        spawnClaudeCodeProcess,
        pathToClaudeCodeExecutable: claudePath ?? (isFound ? foundPath : undefined),
      },
    });
    if (spawned !== undefined) return { query: started, spawned };
  } catch (error) {
    throw error instanceof SessionError ? error : broughtError(error);
  }
  throw new Error('the Agent SDK started no process');
}

/** The process as the Agent SDK sees it: its output passes through the gate. */
function behindGate(child: GuardedProcess['child'], gate: LineGate): SpawnedProcess {
  child.stdout.on('error', () => undefined).pipe(gate);
  return {
    stdin: child.stdin,
    stdout: gate,
    get killed() {
      return child.killed;
    },
    get exitCode() {
      return child.exitCode;
    },
    get signalCode() {
      return child.signalCode;
    },
    kill: (signal) => child.kill(signal),
    on: child.on.bind(child),
    once: child.once.bind(child),
    off: child.off.bind(child),
  };
}
