/** The text that Claude is writing, without credentials, while it is not whole yet. */

import { UNFINISHED_TEXT_CHARS_MAX } from '../limits.ts';
import { REDACTED, type Redactor } from '../redaction.ts';
import { tailOf } from '../text.ts';
import type { OpenTexts } from './redacted-texts.ts';

const NOTHING: OpenTexts = { text: '', told: 0 };

/**
 * Takes a text piece by piece and tells its end. What may be the beginning of a credential is held back until the next
 * pieces show what it is. A piece costs next to nothing; it is searched when somebody asks.
 */
export class UnfinishedText {
  readonly #redactor: Redactor;
  #isOpen = false;
  /** What has not been searched yet, and what may be the beginning of a credential. */
  #rest = '';
  /** How many of its first characters have been told with an earlier text. */
  #told = 0;
  #clean = '';

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** A text begins. `before` is the end of the texts before it, if a credential may begin there. */
  begin(before: OpenTexts): void {
    this.#set(true, before);
  }

  add(piece: string): void {
    if (this.#isOpen) this.#rest += piece;
  }

  /** The text is whole or given up, or something else follows. */
  end(): void {
    this.#set(false, NOTHING);
  }

  #set(isOpen: boolean, { text, told }: OpenTexts): void {
    this.#isOpen = isOpen;
    this.#rest = text;
    this.#told = told;
    this.#clean = '';
  }

  /** The end of the text so far; empty if none is being written. */
  soFar(): string {
    const rest = this.#rest;
    const places = this.#redactor.find(rest);
    let searched = rest.length - this.#redactor.beginning(rest);
    for (const { start, end } of places) if (start < searched && end > searched) searched = start;
    let clean = this.#clean;
    let from = this.#told;
    for (const { start, end } of places) {
      if (start >= searched) break;
      clean += `${rest.slice(from, Math.max(from, start))}${REDACTED}`;
      from = Math.max(from, end);
    }
    clean += rest.slice(from, Math.max(from, searched));
    this.#clean = clean.slice(-UNFINISHED_TEXT_CHARS_MAX);
    this.#rest = rest.slice(searched);
    this.#told = Math.max(0, this.#told - searched);
    return tailOf(this.#clean, UNFINISHED_TEXT_CHARS_MAX);
  }
}
