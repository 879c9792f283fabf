/** A sequence of texts, without the credentials in one of them or across several. */

import { type Place, REDACTED, type Redactor } from '../redaction.ts';

/** Maximum number of characters of a credential that may be passed on before it is recognized. */
const TOLD_CHARS_MAX = 3;

/** The end of the texts so far, if a credential may begin there; the first `told` characters of it were passed on. */
export type OpenTexts = { readonly text: string; readonly told: number };

/**
 * Passes each text on at once, unless its end looks like the beginning of a credential: then it is held until the next
 * text shows what it is, or until something else follows. The texts keep their bounds; of a credential in several of
 * them the mark stands in the first.
 */
export class RedactedTexts {
  readonly #redactor: Redactor;
  #held: readonly string[] = [];
  /** The last characters that were passed on, if a credential may begin with them. */
  #told = '';

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** What can be passed on now that this text has come. */
  push(text: string): readonly string[] {
    const texts = [...this.#held, text];
    const joined = this.#told + texts.join('');
    const places = this.#redactor.find(joined);
    const clean = withoutPlaces(texts, joined, places).filter((each) => each !== '');
    const open = this.#redactor.beginning(joined.slice(places.at(-1)?.end ?? 0));
    if (open <= TOLD_CHARS_MAX) {
      this.#held = [];
      this.#told = joined.slice(joined.length - open);
      return clean;
    }
    const heldFrom = textWithEnd(clean, open);
    this.#held = clean.slice(heldFrom);
    if (heldFrom > 0) this.#told = '';
    return clean.slice(0, heldFrom);
  }

  get open(): OpenTexts {
    return { text: this.#told + this.#held.join(''), told: this.#told.length };
  }

  /** What was held, since no text follows. */
  flush(): readonly string[] {
    const held = this.#held;
    this.#held = [];
    this.#told = '';
    return held;
  }
}

/** The texts, which are the end of `joined`, each with its part of the places taken out. */
function withoutPlaces(
  texts: readonly string[],
  joined: string,
  places: readonly Place[],
): readonly string[] {
  if (places.length === 0) return texts;
  let from = joined.length - texts.reduce((sum, { length }) => sum + length, 0);
  return texts.map((text, index) => {
    const to = from + text.length;
    const own = places.filter(({ start, end }) => start < to && end > from);
    let clean = '';
    for (const { start, end } of own) {
      const isFirst = start >= from || index === 0;
      clean += joined.slice(from, Math.max(start, from)) + (isFirst ? REDACTED : '');
      from = Math.min(end, to);
    }
    clean += joined.slice(from, to);
    from = to;
    return clean;
  });
}

/** The index of the text in which the last characters begin; 0 if they begin before all of them. */
function textWithEnd(texts: readonly string[], chars: number): number {
  let index = texts.length;
  for (let left = chars; left > 0 && index > 0; index--) left -= texts[index - 1]?.length ?? 0;
  return index;
}
