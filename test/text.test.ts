import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutBytes,
  cutChars,
  escapedJson,
  HIDDEN,
  headOf,
  oneLine,
  shorten,
  splitBytes,
  tailBytes,
  tailOf,
  visible,
  wellFormed,
  wellFormedJson,
} from '../src/text.ts';

/** Halves of letters, and what acts or hides. */
const nasty = fc.constantFrom(
  '\ud83d',
  '\ude00',
  '\u001b[2J',
  '\u009b31m',
  '\u007f',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\u00ad',
  '\u2028',
  '\u{e0041}',
  '\u{e0100}',
  '\u3164',
  '\\ud83d',
  '\\\\ud83d',
);

const texts = fc
  .array(fc.oneof(nasty, fc.string({ unit: 'binary' }), fc.constantFrom('👩‍💻', '❤️', 'ä\n\t')))
  .map((parts) => parts.join(''));

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(texts, tie('value'), { noNullPrototype: true }),
  ),
})).value;

const OPTIONS = { numRuns: 500 };

const unicode = fc.string({ unit: 'grapheme', maxLength: 400 });

describe('data that is kept', () => {
  test('is well-formed in every text and name, and stays as it is where it was', () => {
    fc.assert(
      fc.property(values, (value) => {
        const kept = wellFormed(value);
        expect(JSON.stringify(JSON.parse(JSON.stringify(kept)))).not.toMatch(/(?<!\\)\\ud[89a-f]/);
        expect(wellFormed(kept)).toBe(kept);
      }),
      OPTIONS,
    );
  });

  test('of earlier versions is read well-formed, and texts that only look like escapes as they are', () => {
    fc.assert(
      fc.property(values, (value) => {
        const read: unknown = JSON.parse(wellFormedJson(JSON.stringify(value)));
        expect(read).toEqual(JSON.parse(JSON.stringify(wellFormed(value))));
      }),
      OPTIONS,
    );
    expect(JSON.parse(wellFormedJson('["\\ud83d","\\\\ud83d","\\ude00x"]'))).toEqual([
      '\ufffd',
      '\\ud83d',
      '\ufffdx',
    ]);
  });

  test('may be nested however deep', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}"x"${']'.repeat(100_000)}`);
    expect(wellFormed(deep)).toBe(deep);
  });
});

describe('text for a person', () => {
  test('has nothing hidden in it', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const shown = visible(text);
        expect(shown.match(HIDDEN)).toBeNull();
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/(?!\t|\n)[\p{Cc}\p{Bidi_Control}\u200b\u{e0000}-\u{e0fff}]/u);
      }),
      OPTIONS,
    );
  });

  test.each([
    ['a\u200bb', 'a\ufffdb'],
    ['a\u{e0041}\u{e0042}', 'a\ufffd\ufffd'],
    ['a\u200db', 'a\ufffdb'],
    ['\u{1fc00}\u200d💻', '\ufffd\ufffd💻'],
    ['💻\u200d\u{1fc00}', '💻\ufffd\ufffd'],
    ['\u001b]0;x\u0007', '␛]0;x␇'],
    ['👩‍💻 ❤️ 漢', '👩‍💻 ❤️ 漢'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('may be put on one line', () => {
    expect(oneLine(' a\r\n\tb\u001b\n')).toBe('a b␛');
  });
});

describe('text that is too long', () => {
  test.each([
    [headOf('ab😀', 3), 'ab'],
    [headOf('ab😀', 4), 'ab😀'],
    [tailOf('😀ab', 3), 'ab'],
    [tailOf('😀ab', 4), '😀ab'],
    [shorten('ab😀', 3), 'ab…'],
    [shorten('ab😀', 4), 'ab😀'],
    [cutChars('ab😀', 3), 'ab… [2 characters cut]'],
    [cutChars('ab😀', 4), 'ab😀'],
  ])('is cut between characters: %s', (cut, expected) => {
    expect(cut).toBe(expected);
  });

  test('fits in bytes, begins like the whole, and says how much is missing', () => {
    fc.assert(
      fc.property(unicode, fc.integer({ min: 40, max: 400 }), (text, max) => {
        const cut = cutBytes(text, max);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
        if (Buffer.byteLength(text) <= max) {
          expect(cut).toBe(text);
          return;
        }
        const [, kept = '', missing] = /^(.*)… \[(\d+) bytes cut\]$/s.exec(cut) ?? [];
        expect(text.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept) + Number(missing)).toBe(Buffer.byteLength(text));
      }),
    );
  });

  test('is its pieces joined, each within its bytes', () => {
    fc.assert(
      fc.property(unicode, fc.integer({ min: 4, max: 100 }), (text, max) => {
        const pieces = splitBytes(text, max);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(max);
      }),
    );
  });

  test('ends like its last bytes, but for part of a character', () => {
    fc.assert(
      fc.property(unicode, fc.integer({ min: 4, max: 100 }), (text, max) => {
        const tail = tailBytes(text, max);
        expect(text.endsWith(tail)).toBe(true);
        const bytes = Buffer.byteLength(tail);
        expect(bytes).toBeLessThanOrEqual(max);
        expect(bytes).toBeGreaterThan(Math.min(max, Buffer.byteLength(text)) - 4);
      }),
    );
  });
});

test('JSON for programs says the same with nothing hidden in it', () => {
  fc.assert(
    fc.property(values.map(wellFormed), (value) => {
      const json = escapedJson(JSON.stringify(value));
      expect(json.match(HIDDEN)).toBeNull();
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    OPTIONS,
  );
  expect(escapedJson('"\u{e0041}\u009b"')).toBe('"\\udb40\\udc41\\u009b"');
});
