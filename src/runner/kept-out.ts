/**
 * What Claude Code lets a session touch without asking, in every permission mode, and what outlives the session: the
 * conversations of others in the same directory, whoever's they are, and files that later sessions go by.
 */

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from './protected.ts';
import { asPattern } from './secret-files.ts';

/** Claude Code's configuration by each of its names. */
export async function configurationsOf({ configDirectory }: Places): Promise<readonly string[]> {
  const real = await realpath(configDirectory).catch(() => configDirectory);
  return [...new Set([configDirectory, real])];
}

export function conversationFolders(configurations: readonly string[]): readonly string[] {
  return configurations.map((at) => join(at, 'projects'));
}

/** Rules of Claude Code that deny it. What Claude Code keeps of a session's long outputs stays readable. */
export function keptOutRules(
  configurations: readonly string[],
  workingDirectory: string,
): readonly string[] {
  const repository = `${asPattern(workingDirectory)}/.claude`;
  return [
    ...configurations
      .map(asPattern)
      .flatMap((at) => [
        `Read(/${at}/projects/**/*.jsonl)`,
        `Read(/${at}/projects/**/memory/**)`,
        `Edit(/${at}/projects/**)`,
        `Edit(/${at}/agent-memory/**)`,
      ]),
    ...['launch.json', 'agent-memory/**', 'agent-memory-local/**'].map(
      (name) => `Edit(/${repository}/${name})`,
    ),
  ];
}
