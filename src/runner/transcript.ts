/**
 * What others do with a session's conversation. `claude --resume UUID` in a terminal writes into the transcript that
 * ours writes to, without a lock. What it wrote is recognized by the name of the program in each entry.
 */

import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionError } from '../errors.ts';
import { ifThere, isOutOfMeans } from '../looks.ts';
import { PROCESS_NOTE_BYTES_MAX, TRANSCRIPT_READ_BYTES_MAX } from '../process-limits.ts';
import { readSmallFile } from '../small-file.ts';
import { lookAt, pidNamespace } from './process-table.ts';

/** How Claude Code names a program that runs it through the Agent SDK, as we do. */
const OURS = 'sdk-ts';

type Entry = {
  readonly type?: unknown;
  readonly entrypoint?: unknown;
  readonly isMeta?: unknown;
  readonly message?: { readonly content?: unknown };
};

export type Transcript = { readonly path: string; readonly bytes: number };

/**
 * How many prompts others have put after our last entry, from `from` on, and up to where the transcript was read: the next
 * look begins there. Of a long transcript, only the end is read.
 */
export async function growthSince({ path, bytes: size }: Transcript, from: number) {
  const file = await open(path, 'r');
  try {
    const start = Math.max(from, size - TRANSCRIPT_READ_BYTES_MAX, 0);
    const bytes = Buffer.alloc(Math.max(0, size - start));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    // An entry that is being written is left for the next look.
    const end = bytes.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    const entries = bytes.toString('utf8', 0, end).split('\n').flatMap(entryOf);
    const ours = from > 0 ? -1 : entries.findLastIndex(({ entrypoint }) => entrypoint === OURS);
    return { prompts: promptsIn(entries.slice(ours + 1)), bytes: start + end };
  } finally {
    await file.close();
  }
}

/** Only entries that name a program: the others are bookkeeping. */
function entryOf(line: string): Entry[] {
  if (!line.includes('"entrypoint":')) return [];
  try {
    const entry = JSON.parse(line) as Entry | null;
    return typeof entry?.entrypoint === 'string' ? [entry] : [];
  } catch {
    return [];
  }
}

function promptsIn(entries: readonly Entry[]): number {
  return entries.filter(
    ({ type, entrypoint, isMeta, message }) =>
      type === 'user' && entrypoint !== OURS && isMeta !== true && !isToolResult(message?.content),
  ).length;
}

function isToolResult(content: unknown): boolean {
  return (
    Array.isArray(content) && content.some(({ type }: { type?: unknown }) => type === 'tool_result')
  );
}

/**
 * The process of another program that has the conversation open now, if that is known: Claude Code writes a note for each
 * running process. Only on Linux, because there such a note can be compared with the process table.
 */
export async function openElsewhere(
  configDirectory: string,
  uuid: string,
): Promise<number | undefined> {
  const namespace = pidNamespace();
  if (namespace === undefined) return undefined;
  const notes = join(configDirectory, 'sessions');
  const files = (await ifThere(readdir(notes))) ?? [];
  const names = files.filter((name) => /^\d+\.json$/.test(name));
  const found = await Promise.all(names.map((name) => readNote(join(notes, name))));
  return found.find(
    (note) =>
      note.sessionId === uuid &&
      note.entrypoint !== OURS &&
      String(note.pidDomain).endsWith(namespace) &&
      isRunning(note),
  )?.pid;
}

function isRunning({ pid, procStart }: Note): boolean {
  const seen = lookAt(Number(pid));
  if (seen !== 'unknown') return seen !== 'gone' && seen.startTime === procStart;
  throw new SessionError('UNAVAILABLE', `whether process ${pid} has it open cannot be seen now`, {
    hint: 'try again in a moment.',
  });
}

type Note = {
  readonly pid: number;
  readonly sessionId?: unknown;
  readonly entrypoint?: unknown;
  readonly pidDomain?: unknown;
  readonly procStart?: unknown;
};

async function readNote(path: string): Promise<Note> {
  try {
    const text = await readSmallFile(path, PROCESS_NOTE_BYTES_MAX);
    return { pid: 0, ...(JSON.parse(text) as object) };
  } catch (error) {
    // A session's shell can put anything there: what is no note, or cannot be read, must not hold up all the others.
    if (isOutOfMeans(error)) throw error;
    return { pid: 0 };
  }
}
