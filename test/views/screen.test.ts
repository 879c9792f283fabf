import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oneLine } from '../../src/text.ts';
import { cut, padded, screenLines, styled, widthOf, wrap } from '../../src/views/screen.ts';

describe('text on a terminal', () => {
  test.each([
    ['plain', 5],
    ['grün', 4],
    ['漢字', 4],
    ['🎉', 2],
    ['👩‍💻', 2],
    ['e\u0301', 1],
    ['a\u200bb', 2],
  ])('%j takes %i columns', (line, width) => {
    expect(widthOf(line)).toBe(width);
  });

  test('nothing in it acts there', () => {
    const evil = 'a\u001b]0;title\u0007b\u009b31mc\rd\u202ee';
    for (const text of [...screenLines(evil), oneLine(evil)]) {
      expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(text).toMatch(/a.*title.*b.*c.*d.*e/);
    }
  });

  test('lines are kept, and tabs become spaces', () => {
    expect(screenLines('a\r\n\tb\n\n')).toEqual(['a', '    b']);
  });

  test.each([
    ['a word and more', 6, 'a wor…'],
    ['漢字漢字', 6, '漢字…'],
    ['fits', 4, 'fits'],
  ])('%j cut to %i columns is %j', (line, columns, expected) => {
    expect(cut(line, columns)).toBe(expected);
  });

  test('wraps between words, and within one that is too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('aaaaabbbbbcc d', 5)).toEqual(['aaaaa', 'bbbbb', 'cc d']);
    expect(wrap('    indented words', 12)).toEqual(['    indented', 'words']);
  });

  test('whatever is wrapped, cut or padded fits, and wrapping loses nothing but spaces', () => {
    const anyLine = fc
      .array(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(' ', '  ', '漢', '👩‍💻', 'word')),
      )
      .map((parts) => oneLine(parts.join('')));
    fc.assert(
      fc.property(anyLine, fc.integer({ min: 2, max: 40 }), (line, columns) => {
        const wrapped = wrap(line, columns);
        for (const part of wrapped) expect(widthOf(part)).toBeLessThanOrEqual(columns);
        expect(wrapped.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
        expect(widthOf(cut(line, columns))).toBeLessThanOrEqual(columns);
        expect(widthOf(padded(cut(line, columns), columns))).toBe(columns);
      }),
    );
  });
});

test('a style is left out if colours are not wanted', () => {
  expect(styled({ columns: 80, hasColours: false }, 'red', 'x')).toBe('x');
  expect(styled({ columns: 80, hasColours: true }, 'red', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(styled({ columns: 80, hasColours: true }, undefined, 'x')).toBe('x');
});
