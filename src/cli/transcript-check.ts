import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { claudeDirectory } from '../runner/environment.ts';
import { tildePath } from '../views/figures.ts';
import type { Check } from './check.ts';
import { nearest } from './state-checks.ts';

/**
 * Whether Claude Code can keep its transcripts, found out by writing a file where it writes them. Without them it works
 * all the same, and no session can go on once its process has gone.
 */
export async function transcriptCheck({ environment }: Settings): Promise<Check> {
  const name = 'transcripts';
  const projects = join(claudeDirectory(environment), 'projects');
  let probe: string | undefined;
  try {
    probe = await mkdtemp(join(await nearest(projects), '.claude-sessions-doctor-'));
    await writeFile(join(probe, 'probe'), 'x');
    return { name, status: 'ok', detail: tildePath(projects) };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return {
      name,
      status: 'fail',
      detail: `Claude Code cannot write them to ${projects} (${code})`,
      hint: 'make it a folder that this user may write, or set CLAUDE_CONFIG_DIR to another one for the server.',
    };
  } finally {
    if (probe !== undefined) await rm(probe, { recursive: true, force: true });
  }
}
