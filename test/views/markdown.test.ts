import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { visible } from '../../src/text.ts';
import { fenced, inline } from '../../src/views/markdown.ts';

const OPTIONS = { numRuns: 500 };

/** Texts that are made to break out. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('```', '````', '`', '~~~', '\n', '\r', '\r\n', '# Turn', '\u2028', '\x85'),
      fc.constantFrom('\x1b[2J', '\x1b]0;title\x07', '\u202e', '\0', '\x7f', '\x9b31m', '\ud83d'),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('foreign text', () => {
  test('ends its block with its own end, and nowhere before', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const [open = '', ...rest] = fenced(text, 'json').split('\n');
        const fence = /^`{3,}(?=json$)/.exec(open)?.[0] ?? '';
        expect(fence).not.toBe('');
        // A line of that many ticks or more, with no more before it than three spaces, ends a block.
        const ends = rest.findIndex((line) => /^ {0,3}(`+)\s*$/.exec(line)?.[1]?.startsWith(fence));
        expect(ends).toBe(rest.length - 1);
      }),
      OPTIONS,
    );
  });

  test('is one span on one line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const span = inline(text, 80);
        const [ticks = ''] = /^`+/.exec(span) ?? [];
        expect(span).not.toMatch(/[\n\r]/);
        expect(span.endsWith(ticks)).toBe(true);
        const inner = span.slice(ticks.length, -ticks.length);
        expect(inner.match(/`+/g) ?? []).not.toContain(ticks);
        expect(inner).not.toMatch(/^`|`$/);
      }),
      OPTIONS,
    );
  });

  test('has no control character that acts, and is well formed', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(visible(text)).not.toMatch(/(?![\t\n])[\p{Cc}\p{Bidi_Control}]/u);
        expect(visible(text).isWellFormed()).toBe(true);
      }),
      OPTIONS,
    );
    expect(visible('a\x1b[31mb\x07\tc\r\nd\u202e')).toBe('a␛[31mb␇\tc\nd\ufffd');
  });
});
