/** Reads a file whose name comes from outside, without trusting that it is a small regular file. */

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * Reads the text of a regular file of at most `bytesMax` bytes. Pipes and devices are refused without waiting: reading
 * one may never end.
 *
 * @param refuse looks at the very file that is read, and says what is wrong with it
 * @throws Error that says what is wrong with it, or the error of the system
 */
export async function readSmallFile(
  path: string,
  bytesMax: number,
  refuse?: (found: Stats) => string | undefined,
): Promise<string> {
  return (await readSmallBytes(path, bytesMax, refuse)).toString('utf8');
}

/** The same for a file that is not text. */
export async function readSmallBytes(
  path: string,
  bytesMax: number,
  refuse: (found: Stats) => string | undefined = () => undefined,
): Promise<Buffer> {
  // Without O_NONBLOCK, opening a pipe waits for a writer. Windows has neither.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error('it is not a regular file');
    const problem = refuse(found);
    if (problem !== undefined) throw new Error(problem);
    const bytes = await readAtMost(file, bytesMax + 1, found.size + 1);
    if (bytes.length > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
    return bytes;
  } finally {
    await file.close();
  }
}

/** @param bytesLikely room for so many is made at first: it costs time, and most files are much smaller than they may be */
async function readAtMost(
  file: FileHandle,
  bytesMax: number,
  bytesLikely: number,
): Promise<Buffer> {
  let bytes = Buffer.alloc(Math.min(bytesMax, bytesLikely));
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) return bytes.subarray(0, length);
    length += bytesRead;
    if (length === bytesMax) return bytes;
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(bytesMax, 2 * length));
  }
}
