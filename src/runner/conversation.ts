/** Which conversation a run continues: decided by the transcripts that Claude Code keeps on disk. */

import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SessionError } from '../errors.ts';
import type { RunSpec } from './runner.ts';
import { growthSince, openElsewhere } from './transcript.ts';

/** In the Agent SDK's own words, so that it can be spread into its options. */
export type ResumeOptions =
  | { readonly sessionId: string }
  | { readonly resume: string }
  | { readonly resume: string; readonly forkSession: true; readonly sessionId: string };

export class Conversation {
  readonly #configDirectory: string;
  readonly #uuid: string;
  readonly #forkOf: string | undefined;
  /** How far the transcript is known; 0 before the first look. */
  #bytes = 0;

  /** @param environment of the child, which decides where its configuration lies */
  constructor(
    { uuid, forkOf }: Pick<RunSpec, 'uuid' | 'forkOf'>,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#configDirectory =
      environment.CLAUDE_CONFIG_DIR ?? join(environment.HOME ?? homedir(), '.claude');
    this.#uuid = uuid;
    this.#forkOf = forkOf;
  }

  /**
   * Resumes the session's own transcript where there is one, else branches off `forkOf`, else begins anew. A session
   * to branch off that never said anything has no transcript: the branch then begins anew too.
   */
  async resumeOptions(): Promise<ResumeOptions> {
    const uuid = this.#uuid;
    if ((await this.#transcript(uuid)) !== undefined) return { resume: uuid };
    const forkOf = this.#forkOf;
    if (forkOf !== undefined && (await this.#transcript(forkOf)) !== undefined) {
      return { resume: forkOf, forkSession: true, sessionId: uuid };
    }
    return { sessionId: uuid };
  }

  /**
   * How many prompts others have put since the last look; before the first look, since our Claude Code last wrote.
   *
   * @throws SessionError SESSION_NOT_READY while the conversation is open in another program
   */
  async promptsOfOthers(): Promise<number> {
    const pid = await openElsewhere(this.#configDirectory, this.#uuid);
    if (pid !== undefined) throw inUse(this.#uuid, pid);
    const path = await this.#transcript(this.#uuid);
    if (path === undefined) return 0;
    const { prompts, bytes } = await growthSince(path, this.#bytes);
    this.#bytes = bytes;
    return prompts;
  }

  /** Looks in every project, because a session may have been started in another directory than it runs in now. */
  async #transcript(uuid: string): Promise<string | undefined> {
    const projects = join(this.#configDirectory, 'projects');
    const folders = await readdir(projects).catch(() => []);
    const paths = folders.map((folder) => join(projects, folder, `${uuid}.jsonl`));
    const there = await Promise.all(paths.map(hasText));
    return paths.find((_, index) => there[index]);
  }
}

async function hasText(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  return file?.isFile() === true && file.size > 0;
}

function inUse(uuid: string, pid: number): SessionError {
  return new SessionError(
    'SESSION_NOT_READY',
    `the conversation ${uuid} is open in another Claude Code (process ${pid})`,
    {
      hint: 'End it there and send the prompt again: the session goes on from where it stands then.',
      retryable: true,
    },
  );
}
