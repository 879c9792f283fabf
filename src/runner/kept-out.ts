/**
 * What Claude Code lets a session touch without asking, in every permission mode, and what outlives the session: the
 * conversations of others in the same directory, whoever's they are, and files that later sessions go by.
 */

import { realpath } from 'node:fs/promises';
import type { Places } from './protected.ts';
import { asPattern } from './secret-files.ts';

/** Rules of Claude Code that deny it. What Claude Code keeps of a session's long outputs stays readable. */
export async function keptOutRules({
  configDirectory,
  workingDirectory,
}: Places): Promise<readonly string[]> {
  const real = await realpath(configDirectory).catch(() => configDirectory);
  const configurations = [...new Set([configDirectory, real])].map(asPattern);
  const repository = `${asPattern(workingDirectory)}/.claude`;
  return [
    ...configurations.flatMap((at) => [
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
