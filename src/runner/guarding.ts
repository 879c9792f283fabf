/** The process guard of a server, and the supervisor if that is it. */

import { SessionError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type ProcessGuard, processGuard } from './guard.ts';
import type { KillTree } from './process.ts';
import type { System } from './process-table.ts';
import type { Processes } from './processes.ts';
import { Supervisor } from './supervisor.ts';

export type Guarding = {
  readonly guard: ProcessGuard;
  /**
   * To be awaited before anything with this marker is started.
   *
   * @throws SessionError UNAVAILABLE
   */
  watch(marker: string): Promise<void>;
  /** To be called when nothing with this marker is left. {@link killTree} does it. */
  forget(marker: string): void;
  readonly killTree: KillTree;
};

/** Starts guarding when it is asked for first. If it throws, the next call tries again. */
export function guardingOnDemand(deps: Parameters<typeof startGuarding>[0]): () => Guarding {
  let started: Guarding | undefined;
  return () => {
    started ??= startGuarding(deps);
    return started;
  };
}

/** @throws SessionError UNAVAILABLE if the guards could not be tried now */
export function startGuarding({
  log,
  ...processes
}: Processes & { readonly log: Logger }): Guarding {
  const { choice, directory, finder, killTree } = processes;
  const { system } = finder;
  const guard = processGuard(choice, system, directory);
  const isUnexpected = guard.name === 'none' || (choice === 'namespace' && !hasNamespace(guard));
  if (isUnexpected) log.warn({ guard: guard.name }, 'no better process guard works here');
  else log.info({ guard: guard.name }, 'process guard selected');
  if (guard.name !== 'supervisor') {
    const watch = async () => {
      if (guard.name === 'none' && !isSeen(system)) throw cannotFollow();
    };
    return { guard, killTree, watch, forget: () => undefined };
  }
  const supervisor = new Supervisor({ system, directory, log });
  return {
    guard,
    watch: (marker) => supervisor.watch(marker),
    forget: (marker) => supervisor.forget(marker),
    killTree: async (identity) => {
      const isGone = await killTree(identity);
      if (isGone) supervisor.forget(identity.marker);
      return isGone;
    },
  };
}

function hasNamespace({ name }: ProcessGuard): boolean {
  return name === 'pid-namespace' || name === 'user-pid-namespace';
}

/** Whether the processes of a session can be found, and so be ended, without any program. */
function isSeen(system: System): boolean {
  return system === 'linux' || system === 'windows';
}

function cannotFollow(): SessionError {
  return new SessionError('UNAVAILABLE', 'the processes of a session could not be ended here', {
    hint: '`claude-sessions-mcp doctor` names the programs that are missing.',
    retryable: false,
  });
}
