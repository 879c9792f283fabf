/** Replaces credentials by a mark. The comments say what cannot be found. */

import { isDeepStrictEqual } from 'node:util';

/** Replaces a credential. */
export const REDACTED = '[redacted]';

/** Values that are nested more deeply are not searched, so they are not kept either. Claude Code sends none. */
const VALUE_DEPTH_MAX = 500;

/** V8 refuses a pattern with a word of 32,768 characters or more, and a variable may be four times as long. */
const NEEDLE_CHARS_MAX = 4096;

/**
 * Finds each credential as it is, and in JSON, URLs, base64 and hexadecimal digits. It does not find one that is broken
 * up by line ends or spaces, cut, encoded twice or in another way: somebody who wants to reveal a secret could do that,
 * and no search in texts can prevent it.
 */
export class Redactor {
  #lasting: readonly string[];
  /** Those of the last `renew`. */
  #passing: readonly string[] | undefined;
  /** Everything that is searched for, by its first character. */
  #needles: ReadonlyMap<string, readonly string[]> = new Map();
  #longest = 0;
  #pattern: RegExp | undefined;

  constructor(secrets: readonly string[]) {
    this.#lasting = secrets;
    this.renew([]);
  }

  /** Hides these, too, for good. */
  learn(secrets: readonly string[]): void {
    this.#lasting = [...this.#lasting, ...secrets];
    this.#search(this.#passing ?? []);
  }

  /** Hides these from now on, beside those that it hides for good, and none of the last `renew`. */
  renew(secrets: readonly string[]): void {
    // Nearly every time that a token file is read. With thousands of tokens the rest takes a moment.
    if (!isDeepStrictEqual(secrets, this.#passing)) this.#search(secrets);
  }

  #search(secrets: readonly string[]): void {
    this.#passing = secrets;
    const forms = new Set([...this.#lasting, ...secrets].flatMap(formsOf).flatMap(piecesOf));
    // Of two that begin alike the longer one is tried first, so that nothing of it is left.
    const needles = [...forms].sort((a, b) => b.length - a.length);
    this.#needles = Map.groupBy(needles, (needle) => needle.charAt(0));
    this.#longest = needles[0]?.length ?? 0;
    this.#pattern = patternOf(needles);
  }

  text(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, REDACTED);
  }

  /** The same for all that a JSON value holds, the names of its members included. */
  value(value: unknown, depth = 0): unknown {
    if (this.#pattern === undefined) return value;
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.text(`${value}`) === `${value}` ? value : REDACTED;
    if (typeof value !== 'object' || value === null) return value;
    if (depth === VALUE_DEPTH_MAX) return REDACTED;
    if (Array.isArray(value)) return value.map((each) => this.value(each, depth + 1));
    return this.record({ ...value }, depth);
  }

  /** {@link value} of an object. */
  record(value: Readonly<Record<string, unknown>>, depth = 0): Readonly<Record<string, unknown>> {
    if (this.#pattern === undefined) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [this.text(name), this.value(each, depth + 1)]),
    );
  }

  /** The positions of credentials in a text, in order. They do not overlap. */
  find(text: string): readonly Place[] {
    if (this.#pattern === undefined) return [];
    return [...text.matchAll(this.#pattern)].map(({ 0: found, index }) => ({
      start: index,
      end: index + found.length,
    }));
  }

  /** The length of the longest end of a text that is the beginning of a credential, or 0. */
  beginning(text: string): number {
    for (let length = Math.min(text.length, this.#longest - 1); length > 0; length--) {
      const needles = this.#needles.get(text.charAt(text.length - length)) ?? [];
      const end = needles.length === 0 ? '' : text.slice(-length);
      if (needles.some((needle) => needle.length > length && needle.startsWith(end))) return length;
    }
    return 0;
  }
}

/** Whether a caller's value contains the mark: it was copied from what we showed, and the original is different. */
export function holdsMark(value: unknown): boolean {
  return JSON.stringify(value ?? null).includes(REDACTED);
}

/** Parts of equal length, each of which is searched for by itself. None is so short that it occurs in every text. */
function piecesOf(form: string): readonly string[] {
  const count = Math.ceil(form.length / NEEDLE_CHARS_MAX);
  const length = Math.ceil(form.length / count);
  return Array.from({ length: count }, (_, at) => form.slice(at * length, (at + 1) * length));
}

export type Place = { readonly start: number; readonly end: number };

function patternOf(needles: readonly string[]): RegExp | undefined {
  if (needles.length === 0) return undefined;
  const escaped = needles.map((needle) => needle.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(escaped.join('|'), 'g');
}

function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret.toWellFormed());
  const hex = Buffer.from(secret).toString('hex');
  return [
    secret,
    json,
    // A line of JSON in a string of JSON.
    JSON.stringify(json).slice(1, -1),
    url,
    url.replace(/%../g, (code) => code.toLowerCase()),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64Of(secret, offset)),
  ].filter((form) => form !== '');
}

/** The base64 characters that depend only on the secret, if `offset` bytes (modulo 3) precede it. */
function base64Of(secret: string, offset: number): readonly string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const own = bytes
    .toString('base64')
    .slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
  return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
}
