/**
 * What a reply costs the client's model, about, in tokens. Clients cut a reply off that has too many: Claude Code above 25,000.
 * A tokenizer is large and slow, and each model has its own. This one counts what makes text expensive: rare letters,
 * changes between letters and digits, punctuation, and everything that is not ASCII. By a public tokenizer, prose and code
 * weigh up to a quarter too much; hex, base64 and rare characters as much as they cost.
 */

import { tailOf } from '../text.ts';

type Kind = 'small' | 'capital' | 'digit' | 'other';

const SPACE = 0.1;
const PUNCTUATION = 0.66;
/** A new run of letters or digits is usually a new token. */
const STARTS: Readonly<Record<Kind, number>> = { small: 0.6, capital: 0.6, digit: 1.2, other: 0 };
const [CAPITAL, DIGIT] = [0.6, 0.34];
/** The more often a letter occurs in words, the more often it is a part of a longer token. */
const [COMMON, MEDIUM, RARE] = [0.05, 0.45, 1.2];
/** The longer a word, the more likely are several tokens; a run of more letters than a word has is no word. */
const [LONG_WORD, LONG] = [6, 0.3];
const [LONGEST_WORD, RANDOM] = [12, 0.55];

const KINDS = Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));
const WEIGHTS = Float64Array.from(KINDS, (_, code) => asciiWeight(String.fromCharCode(code)));

/** The last of the texts that together weigh no more. */
export function lastFitting(texts: readonly string[], weightMax: number): string[] {
  let room = weightMax;
  const over = texts.findLastIndex((text) => {
    room -= weightOf(JSON.stringify(text)) + PUNCTUATION;
    return room < 0;
  });
  return texts.slice(over + 1);
}

/** The end of a text that weighs no more. It begins with a whole character. */
export function endFitting(text: string, weightMax: number): string {
  let length = text.length;
  while (length > 0 && weightOf(tailOf(text, length)) > weightMax)
    length = Math.floor(length * 0.8);
  return tailOf(text, length);
}

/** About as many tokens as a model needs for the text, or more. */
export function weightOf(text: string): number {
  let weight = 0;
  let run = 0;
  let before: Kind = 'other';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const kind = KINDS[code] ?? 'other';
    const goesOn = kind === before || (kind === 'small' && before === 'capital');
    run = goesOn ? run + 1 : 1;
    const own = WEIGHTS[code] ?? unicodeWeight(code);
    weight += (goesOn ? 0 : STARTS[kind]) + (kind === 'small' ? Math.max(own, leastAt(run)) : own);
    before = kind;
  }
  return weight;
}

function leastAt(run: number): number {
  if (run <= LONG_WORD) return 0;
  return run <= LONGEST_WORD ? LONG : RANDOM;
}

function kindOf(letter: string): Kind {
  if (/[a-z]/.test(letter)) return 'small';
  if (/[A-Z]/.test(letter)) return 'capital';
  return /\d/.test(letter) ? 'digit' : 'other';
}

function asciiWeight(letter: string): number {
  if (/[etaoinsrhldcum]/.test(letter)) return COMMON;
  if (/[jqxzvkw]/.test(letter)) return RARE;
  if (/[a-z]/.test(letter)) return MEDIUM;
  if (/[A-Z]/.test(letter)) return CAPITAL;
  if (/\d/.test(letter)) return DIGIT;
  return letter === ' ' ? SPACE : PUNCTUATION;
}

/** By the length in UTF-8: a token has at least one byte. Chinese, Japanese and Korean cost less than that. */
function unicodeWeight(code: number): number {
  if (code < 0x800) return 1.05;
  const isHalf = code >= 0xd800 && code <= 0xdfff;
  if (isHalf || (code >= 0x3000 && code <= 0x9fff)) return 2;
  return code >= 0xac00 && code <= 0xd7af ? 2.25 : 3;
}
