/** The runner for Claude Code, loaded at the first prompt: a client on stdio waits for the start of the server. */

import type { ClaudeRunnerOptions } from './claude.ts';
import type { Runner } from './runner.ts';
import { sandboxProblem } from './sandbox-check.ts';
import { removeScratch, scratchOwners } from './scratch.ts';
import type { SessionEnvironment } from './session-environment.ts';
import { rename } from './title.ts';
import { isTrusted } from './trust-record.ts';

/** The first start waits for the environment. */
export function runnerOnDemand(
  environment: SessionEnvironment,
  options: Omit<ClaudeRunnerOptions, 'environment'>,
): Runner {
  let runner: Promise<Runner> | undefined;
  const load = async () => {
    const loading = [import('./claude.ts'), environment.read()] as const;
    const [{ createClaudeRunner }, read] = await Promise.all(loading);
    return createClaudeRunner({ ...options, environment: read });
  };
  return {
    start: async (spec, listener) => {
      runner ??= load().catch((error: unknown) => {
        runner = undefined;
        throw error;
      });
      return (await runner).start(spec, listener);
    },
    trusts: (directory) => isTrusted(directory, environment.own),
    sandboxProblem: async () => sandboxProblem(await environment.read()),
    rename,
    kept: () => scratchOwners(options.scratchDirectory),
    discard: (uuid) => removeScratch(options.scratchDirectory, uuid),
  };
}
