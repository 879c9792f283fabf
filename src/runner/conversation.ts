/** Which conversation a run continues: decided by the transcripts that Claude Code keeps on disk. */

import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { RunSpec } from './runner.ts';

/** In the Agent SDK's own words, so that it can be spread into its options. */
export type Conversation =
  | { readonly sessionId: string }
  | { readonly resume: string }
  | { readonly resume: string; readonly forkSession: true; readonly sessionId: string };

/**
 * Resumes the session's own transcript where there is one, else branches off `forkOf`, else begins anew. A session to
 * branch off that never said anything has no transcript: the branch then begins anew too.
 *
 * @param environment of the child, which decides where its configuration lies
 */
export async function findConversation(
  { uuid, forkOf }: Pick<RunSpec, 'uuid' | 'forkOf'>,
  environment: Readonly<Record<string, string>>,
): Promise<Conversation> {
  const configDirectory =
    environment.CLAUDE_CONFIG_DIR ?? join(environment.HOME ?? homedir(), '.claude');
  const projects = join(configDirectory, 'projects');
  if (await hasTranscript(projects, uuid)) return { resume: uuid };
  if (forkOf !== undefined && (await hasTranscript(projects, forkOf))) {
    return { resume: forkOf, forkSession: true, sessionId: uuid };
  }
  return { sessionId: uuid };
}

/** Looks in every project, because a session may have been started in another directory than it runs in now. */
async function hasTranscript(projects: string, uuid: string): Promise<boolean> {
  const folders = await readdir(projects).catch(() => []);
  const found = await Promise.all(
    folders.map((folder) =>
      stat(join(projects, folder, `${uuid}.jsonl`)).then(
        (file) => file.isFile() && file.size > 0,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
