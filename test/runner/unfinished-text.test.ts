import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNFINISHED_TEXT_CHARS_MAX } from '../../src/limits.ts';
import { REDACTED, Redactor } from '../../src/redaction.ts';
import { RedactedTexts } from '../../src/runner/redacted-texts.ts';
import { UnfinishedText } from '../../src/runner/unfinished-text.ts';

const KEY = 'sk-ant-0123456789';

/** What is shown after each piece of a text that follows these. */
function shown(pieces: readonly string[], before: readonly string[] = [], secrets = [KEY]) {
  const redactor = new Redactor(secrets);
  const texts = new RedactedTexts(redactor);
  for (const text of before) texts.push(text);
  const unfinished = new UnfinishedText(redactor);
  unfinished.begin(texts.open);
  return pieces.map((piece) => {
    unfinished.add(piece);
    return unfinished.soFar();
  });
}

describe('a text that is being written', () => {
  test('is shown as far as it is, until it is whole', () => {
    const text = new UnfinishedText(new Redactor([]));
    text.add('no text has begun');
    expect(text.soFar()).toBe('');
    text.begin({ text: '', told: 0 });
    text.add('one ');
    expect(text.soFar()).toBe('one ');
    text.add('two');
    expect([text.soFar(), text.soFar()]).toEqual(['one two', 'one two']);
    text.end();
    expect(text.soFar()).toBe('');
  });

  test('is bounded: the end of it is shown', () => {
    const [all = ''] = shown([`a${'b'.repeat(UNFINISHED_TEXT_CHARS_MAX)}`]);
    expect(all).toBe('b'.repeat(UNFINISHED_TEXT_CHARS_MAX));
  });

  test('does not show the beginning of a credential before it is known what it is', () => {
    expect(shown(['The key is sk-', 'ant-01234', '56789!', ' It is sk-', 'ip.'])).toEqual([
      'The key is ',
      'The key is ',
      `The key is ${REDACTED}!`,
      `The key is ${REDACTED}! It is `,
      `The key is ${REDACTED}! It is sk-ip.`,
    ]);
  });

  test('shows nothing of a credential that an earlier text began', () => {
    expect(shown(['3456789', ' yep'], ['It is sk-ant-012'])).toEqual([
      `It is ${REDACTED}`,
      `It is ${REDACTED} yep`,
    ]);
    // Of these few characters it is known already that they were shown.
    expect(shown(['k-ant-0123456789?'], ['Is it s'])).toEqual([`${REDACTED}?`]);
    expect(shown(['o it was.'], ['Is it s'])).toEqual(['o it was.']);
  });
});

const secrets = fc.array(
  fc.string({ minLength: 5, maxLength: 12, unit: fc.constantFrom('a', 'b', '=') }),
  { minLength: 1, maxLength: 3 },
);

test('whatever the pieces, each state of it is the beginning of what it will be without credentials', () => {
  fc.assert(
    fc.property(
      secrets,
      fc.array(fc.string({ maxLength: 9, unit: fc.constantFrom('a', 'b', '=', ' ') })),
      (all, words) => {
        const text = words.flatMap((word, index) => [word, all[index % all.length] ?? '']).join('');
        const pieces = text.match(/.{1,3}/gs) ?? [];
        const whole = new Redactor(all).text(`${text}|`);
        const states = shown([...pieces, '|'], [], all);
        for (const state of states) expect(whole.startsWith(state)).toBe(true);
        expect(states.at(-1)).toBe(whole);
      },
    ),
  );
});
