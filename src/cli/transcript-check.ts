import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { claudeDirectory } from '../runner/environment.ts';
import { tildePath } from '../views/figures.ts';
import type { Check } from './check.ts';
import { nearest } from './state-checks.ts';

/**
 * Whether Claude Code can write its transcripts; tried by writing a file there. Claude Code works without transcripts,
 * but then no session can continue after its process has ended.
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
      hint: 'make it writable for this user, or set CLAUDE_CONFIG_DIR for the server.',
    };
  } finally {
    if (probe !== undefined) await rm(probe, { recursive: true, force: true });
  }
}
