import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REDACTED, Redactor } from '../src/redaction.ts';

const KEY = 'sk-ant-api03-Zm9vYmFyYmF6+/=';
const MULTILINE = 'first "line"\nsecond \\ line';

const hides = (form: string, secret = KEY) => {
  const redacted = new Redactor([secret]).text(`before ${form} after`);
  expect(redacted).toBe(`before ${REDACTED} after`);
};

describe('a credential is found', () => {
  test.each([
    ['as it is', KEY],
    ['in a URL', encodeURIComponent(KEY)],
    [
      'in a URL, in small letters',
      encodeURIComponent(KEY)
        .replaceAll('%2B', '%2b')
        .replaceAll('%2F', '%2f')
        .replaceAll('%3D', '%3d'),
    ],
    ['as hexadecimal digits', Buffer.from(KEY).toString('hex')],
    ['as capital hexadecimal digits', Buffer.from(KEY).toString('hex').toUpperCase()],
  ])('%s', (_, form) => hides(form));

  test.each([
    ['in JSON', JSON.stringify(MULTILINE).slice(1, -1)],
    ['in JSON that stands in JSON', JSON.stringify(JSON.stringify(MULTILINE)).slice(3, -3)],
  ])('%s', (_, form) => hides(form, MULTILINE));

  test.each([0, 1, 2, 3, 4])('in base64, %s bytes after its beginning', (bytes) => {
    const redactor = new Redactor([KEY]);
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${'u'.repeat(bytes)}${KEY}:rest`).toString(encoding);
      const redacted = redactor.text(text);
      expect(redacted).toContain(REDACTED);
      expect(Buffer.from(redacted.split(REDACTED)[0] ?? '', 'base64').toString()).not.toContain(
        'sk-ant',
      );
      const hidden = text.length - redacted.length + REDACTED.length;
      expect(hidden).toBeGreaterThanOrEqual(Math.floor((KEY.length * 8) / 6) - 1);
    }
  });

  test('in whatever a value holds: names of members, numbers, lists', () => {
    const redactor = new Redactor([KEY, '12345678']);
    const value = { a: [KEY, { [`x-${KEY}`]: 12345678 }], b: null, c: true, d: 1 };
    expect(redactor.value(value)).toEqual({
      a: [REDACTED, { [`x-${REDACTED}`]: REDACTED }],
      b: null,
      c: true,
      d: 1,
    });
  });

  test('until others take its place', () => {
    const redactor = new Redactor(['lasting-secret']);
    const text = 'lasting-secret, first-token, second-token';
    redactor.renew(['first-token']);
    expect(redactor.text(text)).toBe(`${REDACTED}, ${REDACTED}, second-token`);
    redactor.renew(['second-token']);
    expect(redactor.text(text)).toBe(`${REDACTED}, first-token, ${REDACTED}`);
  });
});

test('of two credentials, one within the other, nothing is left', () => {
  const redactor = new Redactor(['abcdefgh', 'abcdefgh-ijklmnop']);
  expect(redactor.text('abcdefgh-ijklmnop abcdefgh')).toBe(`${REDACTED} ${REDACTED}`);
});

test('one that is as long as a variable can be is found, and nothing of it is left', () => {
  const long = randomBytes(48 * 1024).toString('base64');
  const redactor = new Redactor([long, KEY]);
  for (const form of [long, Buffer.from(long).toString('hex')]) {
    const redacted = redactor.text(`before ${form} after ${KEY}`);
    expect(redacted.replaceAll(REDACTED, '')).toBe('before  after ');
  }
  expect(redactor.text('a short text')).toBe('a short text');
});

test('a value that is nested beyond all measure is not looked into, and not kept', () => {
  let value: unknown = KEY;
  for (let depth = 0; depth < 50_000; depth++) value = [value];
  const redacted = JSON.stringify(new Redactor([KEY]).value(value));
  expect(redacted).toContain(REDACTED);
  expect(redacted).not.toContain(KEY);
});

const secrets = fc.array(fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' }), {
  minLength: 1,
  maxLength: 5,
});

test('whatever the credentials are, no text holds one, and a text without one is as it was', () => {
  fc.assert(
    fc.property(secrets, fc.array(fc.string()), (all, words) => {
      const redactor = new Redactor(all);
      for (const secret of all) {
        const redacted = redactor.text(words.join(secret));
        const rest = redacted.replaceAll(REDACTED, '\0');
        for (const each of all) expect(rest).not.toContain(each);
      }
      const plain = words.join(' ');
      if (redactor.find(plain).length === 0) expect(redactor.text(plain)).toBe(plain);
    }),
  );
});

test('without credentials nothing is changed', () => {
  const value = { text: 'anything' };
  expect(new Redactor([]).value(value)).toBe(value);
  expect(new Redactor([]).text('anything')).toBe('anything');
});
