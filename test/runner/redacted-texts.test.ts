import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REDACTED, Redactor } from '../../src/redaction.ts';
import { RedactedTexts } from '../../src/runner/redacted-texts.ts';

const KEY = 'sk-ant-0123456789';

/** What is told after each text, and at the end. */
function told(texts: readonly string[], secrets: readonly string[] = [KEY]) {
  const sequence = new RedactedTexts(new Redactor(secrets));
  return [...texts.map((text) => sequence.push(text)), sequence.flush()];
}

describe('a credential that runs on from one text to the next', () => {
  test('is marked in the first, and the texts keep their bounds', () => {
    const texts = ['The key is sk-ant-01', '23456789. Done.'];
    expect(told(texts)).toEqual([[], [`The key is ${REDACTED}`, '. Done.'], []]);
  });

  test('is found over many texts', () => {
    expect(told(['a', 'sk-ant', '-0123', '45', '6789', 'b'])).toEqual([
      ['a'],
      [],
      [],
      [],
      [REDACTED],
      ['b'],
      [],
    ]);
  });

  test('holds nothing up for a few characters that may begin it', () => {
    expect(told(['Is it k or s', 'k-ant-0123456789?'])).toEqual([
      ['Is it k or s'],
      [`${REDACTED}?`],
      [],
    ]);
  });

  test('is told as it is where it never comes', () => {
    expect(told(['sk-ant-', 'is how keys begin'])).toEqual([
      [],
      ['sk-ant-', 'is how keys begin'],
      [],
    ]);
    expect(told(['sk-ant-'])).toEqual([[], ['sk-ant-']]);
  });
});

const secrets = fc.array(
  fc.string({ minLength: 8, maxLength: 20, unit: fc.constantFrom('a', 'b', 'ä', '=') }),
  { minLength: 1, maxLength: 3 },
);
const noise = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', '=', ' ') });

test('whatever the bounds, neither a text nor all of them together hold a credential', () => {
  fc.assert(
    fc.property(secrets, fc.array(noise), fc.array(fc.nat(12)), (all, words, lengths) => {
      const text = words.flatMap((word, index) => [word, all[index % all.length] ?? '']).join('');
      const texts: string[] = [];
      let rest = text;
      for (const length of lengths) {
        texts.push(rest.slice(0, length));
        rest = rest.slice(length);
      }
      const pieces = told([...texts, rest], all).flat();
      const together = pieces.join('');
      for (const secret of all) expect(together).not.toContain(secret);
    }),
    { numRuns: 2000 },
  );
});

test('a text without a credential is told unchanged, in the same pieces', () => {
  fc.assert(
    fc.property(fc.array(noise), (texts) => {
      expect(told(texts, ['baababab=ä']).flat()).toEqual(texts.filter((text) => text !== ''));
    }),
  );
});
