/** Whether a directory has configuration for Claude Code, by the names that Claude Code looks for. */

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { mayBeThere } from '../looks.ts';
import { isInside } from '../paths.ts';
import { ancestorsOf } from './checkout.ts';

/** Read at the level `memory`, if they are in the directory and lead to no place outside of it. */
const TEXTS = ['CLAUDE.md', '.claude/CLAUDE.md'];

/** Loaded at the levels above, from the directory and those above it in its checkout. */
const REST =
  '.mcp.json CLAUDE.local.md .claude/settings.json .claude/settings.local.json .claude/skills .claude/commands .claude/agents .claude/output-styles'.split(
    ' ',
  );

export type Configuration = {
  /** There is text that may be read at the level `memory`. */
  readonly hasText: boolean;
  /** There is more, or it cannot be seen whether there is. */
  readonly hasRest: boolean;
};

/**
 * Never rejects.
 *
 * @param directory a real path
 * @param root the directory, or one above it
 */
export async function configurationIn(directory: string, root: string): Promise<Configuration> {
  const folders = ancestorsOf(directory).filter((folder) => isInside(folder, root));
  const rest = folders.flatMap((folder) => REST.map((name) => join(folder, name)));
  const [texts, others] = await Promise.all([
    Promise.all(TEXTS.map((name) => isReadFrom(join(directory, name), directory))),
    Promise.all(rest.map(mayBeThere)),
  ]);
  return { hasText: texts.includes(true), hasRest: others.includes(true) };
}

async function isReadFrom(path: string, directory: string): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  return real !== undefined && isInside(real, directory);
}
