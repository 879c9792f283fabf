/** Text bounded in bytes, never cut inside a character. */

/** The text, or its beginning with a note of how much was cut; at most `bytesMax` bytes with the note. */
export function cutText(text: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return text;
  // The note's own length hardly varies; what it takes is reserved for the longest.
  const kept = headOf(text, bytesMax - note(bytes).length - 2);
  return kept + note(bytes - Buffer.byteLength(kept));
}

function note(bytes: number): string {
  return `… [${bytes} bytes cut]`;
}

/** The text in pieces of at most `bytesMax` bytes; joined they are the text again. */
export function splitText(text: string, bytesMax: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text;
  while (Buffer.byteLength(rest) > bytesMax) {
    const head = headOf(rest, bytesMax);
    pieces.push(head);
    rest = rest.slice(head.length);
  }
  return [...pieces, rest];
}

function headOf(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text.slice(0, bytesMax));
  if (bytes.length <= bytesMax) return text.slice(0, bytesMax);
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/**
 * Input of a tool call as it may be kept: whole, or with its texts cut so that it is at most about `bytesMax` bytes.
 * What is nested too deeply to be written as JSON is left out: nothing after us could store it.
 */
export function boundInput<T>(input: T, bytesMax: number): T | Record<string, unknown> {
  const size = jsonBytes(input);
  if (size === undefined) return { omitted: 'the input is nested too deeply to be kept' };
  if (size <= bytesMax) return input;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { omitted: `the input has ${size} bytes` };
  }
  const entries = Object.entries(input);
  const share = Math.floor(bytesMax / entries.length / 2);
  return Object.fromEntries(
    entries.slice(0, ENTRIES_MAX).map(([key, value]) => [key, cutValue(value, share)]),
  );
}

const ENTRIES_MAX = 100;

function cutValue(value: unknown, bytesMax: number): unknown {
  if (typeof value === 'string') return cutText(value, Math.max(bytesMax, 100));
  const size = jsonBytes(value) ?? 0;
  return size <= bytesMax ? value : `[${size} bytes omitted]`;
}

function jsonBytes(value: unknown): number | undefined {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? '');
  } catch {
    return undefined;
  }
}
