import { cutBytes } from '../text.ts';

/**
 * The input of a tool call as it is stored: whole, or with its texts cut so that it is about `bytesMax` bytes at most.
 * An input nested too deeply to be written as JSON is left out: it could not be stored.
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
  if (typeof value === 'string') return cutBytes(value, Math.max(bytesMax, 100));
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
