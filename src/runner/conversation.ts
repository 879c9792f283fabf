/**
 * Which conversation a run continues: decided by the transcripts that Claude Code keeps on disk, and by what the log says
 * must be there.
 */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionError } from '../errors.ts';
import { cannotLook, isOutOfMeans, saysNothingThere } from '../looks.ts';
import { SESSION_ID_PREFIX } from '../session/session.ts';
import { claudeDirectory, type Environment } from './environment.ts';
import { TRANSCRIPT_HINT } from './failure.ts';
import type { RunSpec } from './runner.ts';
import { titleOf } from './title.ts';
import { growthSince, openElsewhere, type Transcript } from './transcript.ts';

/** With neither, there is no transcript. */
type Found = {
  readonly transcript?: Transcript;
  /** The error because of which one may exist although none was found. */
  readonly failure?: unknown;
};

export class Conversation {
  readonly #spec: Pick<RunSpec, 'uuid' | 'forkOf' | 'past' | 'name'>;
  readonly #configDirectory: string;
  /** Where the transcripts were found, by UUID. There may be many projects. */
  readonly #paths = new Map<string, string>();
  /** How far the transcript was read; 0 before the first look. */
  #read = 0;
  /** How many prompts of others were found so far. */
  #prompts = 0;
  /** Its size when Claude Code was last seen to have written it. */
  #kept = 0;

  /** @param environment of the child, which decides where its configuration is */
  constructor(spec: Pick<RunSpec, 'uuid' | 'forkOf' | 'past' | 'name'>, environment: Environment) {
    this.#spec = spec;
    this.#configDirectory = claudeDirectory(environment);
  }

  /**
   * Resumes the session's own transcript if there is one, else forks `forkOf`, else begins a new conversation: in the
   * Agent SDK's own words, to be spread into its options. One that begins gets the session's name as its title.
   *
   * @throws SessionError UNAVAILABLE if Claude has answered in the conversation and its transcript is not to be found
   */
  async resumeOptions() {
    const { uuid, forkOf, past } = this.#spec;
    const title = titleOf(this.#spec.name);
    const own = await this.#find(uuid);
    if (own.transcript !== undefined) {
      this.#kept = own.transcript.bytes;
      return { resume: uuid };
    }
    const origin = forkOf === undefined ? undefined : await this.#find(forkOf);
    if (origin?.transcript !== undefined) {
      return { resume: forkOf, forkSession: true, sessionId: uuid, title };
    }
    if (past === 'answered') {
      const { failure } = origin ?? own;
      throw failure === undefined ? gone(uuid, forkOf) : cannotLook(whatOf(uuid, forkOf), failure);
    }
    return { sessionId: uuid, title };
  }

  /**
   * How many prompts others have added after the last entry that our Claude Code had written before the first look.
   *
   * @throws SessionError SESSION_NOT_READY while the conversation is open in another program, UNAVAILABLE if what was
   *   there at the last look is not there now, or cannot be read
   */
  async promptsOfOthers(): Promise<number> {
    const { uuid } = this.#spec;
    const [pid, { transcript }] = await Promise.all([
      openElsewhere(this.#configDirectory, uuid).catch((error: unknown) => {
        if (error instanceof SessionError || isOutOfMeans(error)) throw error;
        throw cannotLook('what Claude Code keeps of its processes', error);
      }),
      this.#find(uuid),
    ]);
    if (pid !== undefined) throw inUse(uuid, pid);
    // Claude Code would append to a new file, and the next process would know only the end of the conversation.
    if ((transcript?.bytes ?? 0) < this.#kept) throw gone(uuid);
    if (transcript === undefined || transcript.bytes === this.#read) return this.#prompts;
    const { prompts, bytes } = await growthSince(transcript, this.#read).catch((error) => {
      throw cannotLook(whatOf(uuid), error);
    });
    this.#read = bytes;
    this.#prompts += prompts;
    return this.#prompts;
  }

  /**
   * Checks that Claude Code has written to the transcript since the last check.
   *
   * @throws SessionError UNAVAILABLE
   */
  async checkKept(): Promise<void> {
    const { uuid } = this.#spec;
    const { transcript, failure } = await this.#find(uuid);
    const what = whatOf(uuid);
    if (failure !== undefined) throw cannotLook(what, failure);
    const bytes = transcript?.bytes ?? 0;
    if (bytes <= this.#kept) throw new SessionError('UNAVAILABLE', `${what} was not written`);
    this.#kept = bytes;
  }

  /** Looks in every project: a session may have been started in another directory than it runs in now. */
  async #find(uuid: string): Promise<Found> {
    const known = this.#paths.get(uuid);
    const found = known === undefined ? {} : await findAt(known);
    if (found.transcript !== undefined) return found;
    const anywhere = await this.#search(uuid);
    if (anywhere.transcript !== undefined) this.#paths.set(uuid, anywhere.transcript.path);
    return anywhere;
  }

  async #search(uuid: string): Promise<Found> {
    const projects = join(this.#configDirectory, 'projects');
    try {
      const folders = await readdir(projects);
      const found = await Promise.all(
        folders.map((folder) => findAt(join(projects, folder, `${uuid}.jsonl`))),
      );
      const nothing: Found = found.find(({ failure }) => failure !== undefined) ?? {};
      return found.find(({ transcript }) => transcript !== undefined) ?? nothing;
    } catch (failure) {
      return (failure as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { failure };
    }
  }
}

/** An empty file does not count: Claude Code could not resume it. */
async function findAt(path: string): Promise<Found> {
  try {
    const file = await stat(path);
    return file.isFile() && file.size > 0 ? { transcript: { path, bytes: file.size } } : {};
  } catch (failure) {
    return saysNothingThere(failure) ? {} : { failure };
  }
}

function whatOf(uuid: string, forkOf?: string): string {
  const id = `${SESSION_ID_PREFIX}${forkOf ?? uuid}`;
  const from = forkOf === undefined ? '' : ', from which this session was forked,';
  return `Claude Code's transcript of session ${id}${from}`;
}

function gone(uuid: string, forkOf?: string): SessionError {
  const message = `${whatOf(uuid, forkOf)} is gone or empty; the conversation was not begun anew`;
  return new SessionError('UNAVAILABLE', message, { hint: TRANSCRIPT_HINT, retryable: false });
}

function inUse(uuid: string, pid: number): SessionError {
  const message = `the conversation ${uuid} is open in another Claude Code (process ${pid})`;
  return new SessionError('SESSION_NOT_READY', message, {
    hint: 'end it there and send the prompt again: the session goes on from where it stands then.',
    retryable: true,
  });
}
