/** Reads what a caller attaches to a prompt, and checks that it is what it claims to be. */

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { quoteId, SessionError } from '../errors.ts';
import { ATTACHMENT_BYTES_MAX, NAME_CHARS_MAX } from '../limits.ts';
import { cannotLook, inTime, isOutOfMeans } from '../looks.ts';
import { isInside } from '../paths.ts';
import { LOOK_MS_MAX } from '../process-limits.ts';
import type { AttachmentType } from '../session/event.ts';
import { cutChars } from '../text.ts';
import { HOW_TO_NAME, isMissingInside, placeOf, rootsText } from './directories.ts';

/** As a caller names it: a file on this machine, or its bytes in base64. */
export type GivenAttachment = { readonly name?: string | undefined } & (
  | { readonly path: string; readonly mimeType?: AttachmentType | undefined }
  | { readonly data: string; readonly mimeType: AttachmentType }
);

export type AttachedFile = {
  readonly name: string;
  readonly mimeType: AttachmentType;
  readonly bytes: Buffer;
};

export type AttachmentPlaces = {
  /** Resolved paths. */
  readonly roots: readonly string[];
  /** The server's own files and folders, which nobody may attach. */
  readonly secret: readonly string[];
};

/** How files of a type begin, in hexadecimal digits. */
const BEGINNINGS: Readonly<Record<AttachmentType, RegExp>> = {
  'image/png': /^89504e470d0a1a0a/,
  'image/jpeg': /^ffd8ff/,
  'image/gif': /^47494638(37|39)61/,
  'image/webp': /^52494646.{8}57454250/,
  'application/pdf': /^255044462d/,
};
const BEGINNING_BYTES = 16;
const WHAT_TO_ATTACH =
  'attach a png, jpeg, gif, webp or pdf file, by its path or with its bytes in base64.';
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** The type of a file by how it begins; undefined if it is of none that Claude takes. */
export function typeOf(bytes: Buffer): AttachmentType | undefined {
  const beginning = bytes.toString('hex', 0, BEGINNING_BYTES);
  const types = Object.keys(BEGINNINGS) as AttachmentType[];
  return types.find((type) => BEGINNINGS[type].test(beginning));
}

/**
 * @param index its place in the list, for the messages
 * @throws SessionError INVALID_REQUEST, or UNAVAILABLE if this server cannot read files now
 */
export async function readAttachment(
  given: GivenAttachment,
  index: number,
  places: AttachmentPlaces,
): Promise<AttachedFile> {
  const what = `attachments[${index}]`;
  const { bytes, byDefault } =
    'path' in given
      ? await inTime(readNamed(given.path, what, places), LOOK_MS_MAX)
      : { bytes: decoded(given.data, what), byDefault: `attachment ${index + 1}` };
  if (bytes.length === 0) throw refused(what, 'is empty');
  const mimeType = typeOf(bytes);
  if (mimeType === undefined) {
    throw refused(what, 'is not a png, jpeg, gif, webp or pdf file, by how it begins');
  }
  if (given.mimeType !== undefined && given.mimeType !== mimeType) {
    throw refused(what, `is ${mimeType} by how it begins, not ${given.mimeType}`);
  }
  return { name: cutChars(given.name ?? byDefault, NAME_CHARS_MAX), mimeType, bytes };
}

function decoded(data: string, what: string): Buffer {
  if (/^\s*data:/i.test(data)) {
    const hint = 'Pass what follows "base64," as data, and the type before it as mimeType.';
    throw refused(what, 'has a data: URI as data, not base64', hint);
  }
  const text = data.replace(/\s+/g, '');
  const digits = text.replace(/=+$/, '').length;
  if (!BASE64.test(text) || digits % 4 === 1) throw refused(what, 'has data that is not base64');
  const size = Math.floor((digits * 3) / 4);
  if (size > ATTACHMENT_BYTES_MAX) throw tooLarge(what, size);
  return Buffer.from(text, 'base64');
}

async function readNamed(
  path: string,
  what: string,
  places: AttachmentPlaces,
): Promise<{ readonly bytes: Buffer; readonly byDefault: string }> {
  const place = placeOf(path);
  if ('reason' in place) throw refused(what, `path ${quoteId(path)} ${place.reason}`, HOW_TO_NAME);
  const file = await openInside(place.path, places).catch((error: unknown) => {
    if (isOutOfMeans(error)) throw cannotLook(what, error);
  });
  if (file === undefined) throw await notOpened(place.path, `path ${quoteId(path)}`, what, places);
  try {
    return { bytes: await readWhole(file, what), byDefault: basename(place.path) };
  } finally {
    await file.close();
  }
}

async function notOpened(
  path: string,
  named: string,
  what: string,
  { roots, secret }: AttachmentPlaces,
): Promise<SessionError> {
  const isMissingIn = (places: readonly string[]) =>
    isMissingInside(path, places).catch(() => false);
  if ((await isMissingIn(roots)) && !(await isMissingIn(await realPathsOf(secret)))) {
    return refused(what, `${named} does not exist`, 'correct the path, or create the file first.');
  }
  // The same answer for "missing" and "outside", so that nobody can probe what exists outside the roots.
  const hint = `the roots are ${rootsText(roots)}; the operator adds one with --root.`;
  return refused(what, `${named} is not a readable file inside a configured root`, hint);
}

function realPathsOf(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map((path) => realpath(path).catch(() => path)));
}

/** Undefined if it leads out of the roots, or to a file of the server. What is opened is what was looked at. */
async function openInside(
  path: string,
  { roots, secret }: AttachmentPlaces,
): Promise<FileHandle | undefined> {
  const real = await realpath(path);
  if (!roots.some((root) => isInside(real, root))) return undefined;
  const own = await realPathsOf(secret);
  if (own.some((place) => isInside(real, place))) return undefined;
  // Without O_NONBLOCK, opening a pipe waits for a writer. Windows has neither.
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  const file = await open(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    // A folder above it may have become a link meanwhile.
    const [opened, there] = [await file.stat(), await stat(await realpath(path))];
    if (opened.ino === there.ino && opened.dev === there.dev && (await realpath(path)) === real) {
      return file;
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function readWhole(file: FileHandle, what: string): Promise<Buffer> {
  const before = await file.stat();
  if (!before.isFile()) throw refused(what, 'is not a regular file');
  if (before.size > ATTACHMENT_BYTES_MAX) throw tooLarge(what, before.size);
  const bytes = Buffer.alloc(before.size + 1);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  const isSame = bytesRead === before.size && isUnchanged(before, await file.stat());
  if (!isSame) throw refused(what, 'changed while it was read', 'call again when it is complete.');
  return bytes.subarray(0, bytesRead);
}

function isUnchanged(before: Stats, after: Stats): boolean {
  return before.size === after.size && before.mtimeMs === after.mtimeMs;
}

function tooLarge(what: string, size: number): SessionError {
  const problem = `has ${size} bytes; the maximum is ${ATTACHMENT_BYTES_MAX} (ATTACHMENT_BYTES_MAX)`;
  return refused(what, problem, 'attach a smaller one, or a part of it.');
}

function refused(what: string, problem: string, hint = WHAT_TO_ATTACH): SessionError {
  return new SessionError('INVALID_REQUEST', `${what} ${problem}`, { hint });
}
