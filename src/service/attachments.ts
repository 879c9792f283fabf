/**
 * The files that go to Claude with prompts, from the call that brings them until their turn has ended: one folder in the
 * state directory, with a file for each, named by its session, its turn and its place in the list. The log names them and
 * knows their digests. A file is durable before its prompt is, so that an acknowledged prompt has its files.
 */

import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionError } from '../errors.ts';
import {
  ATTACHMENT_BYTES_MAX,
  ATTACHMENT_ORPHAN_MS,
  ATTACHMENTS_BYTES_MAX,
  ATTACHMENTS_SESSION_BYTES_MAX,
  PROMPT_ATTACHMENTS_BYTES_MAX,
} from '../limits.ts';
import { cannotLook, codeOf, ifThere, saysNothingThere } from '../looks.ts';
import type { PromptFile } from '../runner/runner.ts';
import type { Attachment, Turn } from '../session/event.ts';
import { SESSION_ID_PREFIX, uuidOf } from '../session/session.ts';
import { readSmallBytes } from '../small-file.ts';
import {
  type AttachmentPlaces,
  type GivenAttachment,
  readAttachment,
} from './attachment-source.ts';
import type { Clock } from './clock.ts';
import { isOver } from './reader.ts';

const FOLDER = 'attachments';

/** The turn whose prompt the files belong to. */
type Owner = { readonly sessionId: string; readonly turnId: string };

export type AttachmentsDeps = {
  readonly stateDir: string;
  readonly places: AttachmentPlaces;
  readonly clock: Pick<Clock, 'now'>;
};

/** The files, with `*` for anything in a name. */
export function attachmentFiles(stateDir: string): string {
  return join(stateDir, FOLDER, '*');
}

export class Attachments {
  readonly #deps: AttachmentsDeps;
  readonly #folder: string;
  /** One prompt after the other, so that together they stay within the bounds. Another server may add one meanwhile. */
  #keeping: Promise<unknown> = Promise.resolve();
  /** Whether this server has made sure that the folder is durable. One that made it may have died before that. */
  #isDurable = false;

  constructor(deps: AttachmentsDeps) {
    this.#deps = deps;
    this.#folder = join(deps.stateDir, FOLDER);
  }

  /**
   * Checks what a caller attaches and makes a durable copy of it. If this throws, nothing is left of it.
   *
   * @throws SessionError INVALID_REQUEST, LIMIT_EXCEEDED, or UNAVAILABLE if it cannot be stored
   */
  keep(owner: Owner, given: readonly GivenAttachment[]): Promise<readonly Attachment[]> {
    const keeping = this.#keeping.then(() => this.#keep(owner, given));
    this.#keeping = keeping.catch(() => {});
    return keeping;
  }

  async #keep(owner: Owner, given: readonly GivenAttachment[]): Promise<readonly Attachment[]> {
    const room = await this.#room(owner.sessionId).catch(rethrowAsNotStored);
    const kept: Attachment[] = [];
    try {
      for (const [index, one] of given.entries()) {
        const { name, mimeType, bytes } = await readAttachment(one, index, this.#deps.places);
        takeRoom(room, bytes.length);
        await this.#write(fileName(owner, index), bytes).catch(rethrowAsNotStored);
        kept.push({ name, mimeType, bytes: bytes.length, sha256: digestOf(bytes) });
      }
      await syncFolder(this.#folder).catch(rethrowAsNotStored);
      return kept;
    } catch (error) {
      await this.drop(owner).catch(() => {});
      throw error;
    }
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    await this.#makeFolder();
    const file = await open(join(this.#folder, name), 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #makeFolder(): Promise<void> {
    const made = await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (made === undefined && this.#isDurable) return;
    await syncFolder(this.#deps.stateDir);
    this.#isDurable = true;
  }

  /**
   * The files of a turn.
   *
   * @throws SessionError NOT_FOUND if one is gone or damaged, UNAVAILABLE if it cannot be read now
   */
  async read(
    { id: turnId, sessionId }: Pick<Turn, 'id' | 'sessionId'>,
    attachments: readonly Attachment[],
  ): Promise<readonly PromptFile[]> {
    const files = attachments.map(async ({ name, mimeType, sha256 }, index) => {
      const what = `attachments[${index}] of turn ${turnId}`;
      const path = join(this.#folder, fileName({ sessionId, turnId }, index));
      const bytes = await readKept(path, what);
      if (digestOf(bytes) !== sha256) throw notUsable(what, 'is damaged');
      return { name, mimeType, bytes };
    });
    return Promise.all(files);
  }

  /** Removes the files of a turn, or of all turns of a session. */
  async drop({ sessionId, turnId }: Pick<Owner, 'sessionId'> & Partial<Owner>): Promise<void> {
    const prefix = `${uuidOf(sessionId)}.${turnId === undefined ? '' : `${turnId}.`}`;
    await this.#remove((await this.#names()).filter((name) => name.startsWith(prefix)));
  }

  /**
   * Removes what crashes have left. Another server may be about to queue a prompt whose files are here already, so what
   * belongs to an unknown turn stays until it is ATTACHMENT_ORPHAN_MS old.
   */
  async sweep(
    find: (sessionId: string, turnId: string) => Promise<Turn | undefined>,
  ): Promise<void> {
    const left: string[] = [];
    for (const name of await this.#names()) {
      const [uuid = '', turnId = ''] = name.split('.');
      const turn = await find(SESSION_ID_PREFIX + uuid, turnId);
      const isLeft = turn === undefined ? await this.#isOld(name) : isOver(turn);
      if (isLeft) left.push(name);
    }
    await this.#remove(left);
  }

  /** By the time of the file, so that servers which all live shortly remove it too. */
  async #isOld(name: string): Promise<boolean> {
    const found = await ifThere(stat(join(this.#folder, name)));
    // If the clock was set back since, the time may be in the future.
    const ageMs = Math.abs(this.#deps.clock.now() - (found?.mtimeMs ?? 0));
    return ageMs >= ATTACHMENT_ORPHAN_MS;
  }

  async #names(): Promise<readonly string[]> {
    return (await ifThere(readdir(this.#folder))) ?? [];
  }

  /** Whatever is there by these names. One that cannot be removed keeps no other. */
  async #remove(names: readonly string[]): Promise<void> {
    const options = { force: true, recursive: true };
    const removing = names.map((name) => rm(join(this.#folder, name), options));
    const failed = (await Promise.allSettled(removing)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** How many bytes more may be kept, by the name of the limit. */
  async #room(sessionId: string): Promise<Room> {
    let [all, ofSession] = [0, 0];
    for (const name of await this.#names()) {
      const size = (await ifThere(stat(join(this.#folder, name))))?.size ?? 0;
      all += size;
      if (name.startsWith(`${uuidOf(sessionId)}.`)) ofSession += size;
    }
    return new Map([
      ['PROMPT_ATTACHMENTS_BYTES_MAX', PROMPT_ATTACHMENTS_BYTES_MAX],
      ['ATTACHMENTS_SESSION_BYTES_MAX', ATTACHMENTS_SESSION_BYTES_MAX - ofSession],
      ['ATTACHMENTS_BYTES_MAX', ATTACHMENTS_BYTES_MAX - all],
    ]);
  }
}

/** By the name of a limit: what it limits to how much, and what to do about it. */
const LIMITS = {
  PROMPT_ATTACHMENTS_BYTES_MAX: {
    what: 'the attachments of one prompt',
    bytesMax: PROMPT_ATTACHMENTS_BYTES_MAX,
    hint: 'the API takes no more in one request: send several prompts.',
  },
  ATTACHMENTS_SESSION_BYTES_MAX: {
    what: "the attachments of the session's turns",
    bytesMax: ATTACHMENTS_SESSION_BYTES_MAX,
    hint: 'wait for turns of the session to end, or cancel some of them.',
  },
  ATTACHMENTS_BYTES_MAX: {
    what: 'the attachments of all sessions',
    bytesMax: ATTACHMENTS_BYTES_MAX,
    hint: 'wait for queued turns to end: their attachments are removed then.',
  },
} as const;

type Room = Map<keyof typeof LIMITS, number>;

function takeRoom(room: Room, bytes: number): void {
  for (const [limit, left] of room) {
    room.set(limit, left - bytes);
    if (left >= bytes) continue;
    const { what, bytesMax, hint } = LIMITS[limit];
    const message = `${what} may have at most ${bytesMax} bytes together (${limit})`;
    const retryable = limit !== 'PROMPT_ATTACHMENTS_BYTES_MAX';
    throw new SessionError('LIMIT_EXCEEDED', message, { hint, retryable });
  }
}

function fileName({ sessionId, turnId }: Owner, index: number): string {
  return `${uuidOf(sessionId)}.${turnId}.${index}`;
}

async function readKept(path: string, what: string): Promise<Buffer> {
  let bytes: Buffer | undefined;
  try {
    bytes = await ifThere(readSmallBytes(path, ATTACHMENT_BYTES_MAX));
  } catch (error) {
    // Without a code it is not of the system: what is there is no file, or longer than any that is kept.
    throw codeOf(error) === undefined ? notUsable(what, 'is damaged') : cannotLook(what, error);
  }
  if (bytes === undefined) throw notUsable(what, 'is gone');
  return bytes;
}

function notUsable(what: string, problem: string): SessionError {
  return new SessionError('NOT_FOUND', `${what} ${problem}`, {
    hint: 'send the prompt again with its attachments.',
  });
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url');
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function rethrowAsNotStored(error: unknown): never {
  const code = codeOf(error) ?? 'unknown error';
  throw new SessionError('UNAVAILABLE', `the attachments could not be stored (${code})`, {
    hint: saysNothingThere(error)
      ? 'the state directory is gone: the operator restores it.'
      : "check the disk of the server's state directory; then call again.",
    cause: error,
  });
}
