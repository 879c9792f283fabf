/**
 * What Claude Code has recorded about a person's trust: the answers to the question that it asks in a terminal. The record
 * is only read. It covers exactly the root of a repository, or a directory that is in none.
 */

import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isOutOfMeans } from '../looks.ts';
import { TRUST_RECORD_BYTES_MAX } from '../process-limits.ts';
import { readSmallFile } from '../small-file.ts';
import { checkoutOf } from './checkout.ts';
import { claudeDirectory, type Environment } from './environment.ts';

const record = z.object({ projects: z.record(z.string(), z.unknown()).default({}) });
const accepted = z.object({ hasTrustDialogAccepted: z.literal(true) });

/** Where a Claude Code with this environment keeps its record. */
export function trustRecordFile(environment: Environment): string {
  const isMoved = Boolean(environment.CLAUDE_CONFIG_DIR);
  const folder = isMoved ? claudeDirectory(environment) : homeOf(environment);
  return join(folder, '.claude.json');
}

/**
 * Whether a person has trusted the directory's repository in Claude Code. A worktree has the trust of its main checkout,
 * and the home directory has none.
 *
 * @throws the error of the system if this server has no file descriptor left; any other failure means no
 */
export async function isTrusted(directory: string, environment: Environment): Promise<boolean> {
  try {
    const { root, main = root } = await checkoutOf(await realpath(directory));
    const home = homeOf(environment);
    const realHome = await realpath(home).catch(() => home);
    return main !== realHome && (await trustedPaths(environment)).includes(main);
  } catch (error) {
    if (isOutOfMeans(error)) throw error;
    return false;
  }
}

/** @throws if the record cannot be read, or is none */
export async function trustedPaths(environment: Environment): Promise<readonly string[]> {
  const text = await readSmallFile(trustRecordFile(environment), TRUST_RECORD_BYTES_MAX);
  const { projects } = record.parse(JSON.parse(text));
  const known = Object.entries(projects);
  return known.filter(([, project]) => accepted.safeParse(project).success).map(([path]) => path);
}

function homeOf(environment: Environment): string {
  return environment.HOME || homedir();
}
