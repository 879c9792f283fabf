import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newToken, parseTokenFile, principalOf } from '../../src/transport/http/identity.ts';

const NAMED = 'named-token-0123456789';
const BARE = 'bare-token-0123456789';

const bearer = (token: string) => `Bearer ${token}`;

describe('a token file', () => {
  const tokens = parseTokenFile(
    `\uFEFF# who may come in\r\n\r\n  ops@ci : ${NAMED}  \r\n${BARE}\n   # the end`,
  );

  test('names a principal for each token, default for a bare one', () => {
    expect(tokens.map(({ principal }) => principal)).toEqual(['ops@ci', 'default']);
    expect(principalOf(bearer(NAMED), tokens)).toBe('ops@ci');
    expect(principalOf(bearer(BARE), tokens)).toBe('default');
  });

  test('is kept as digests, never as tokens', () => {
    expect(tokens.map(({ digest }) => digest.length)).toEqual([32, 32]);
    expect(Buffer.concat(tokens.map(({ digest }) => digest)).toString('latin1')).not.toContain(
      BARE,
    );
    expect(JSON.stringify(tokens)).not.toContain(BARE);
  });

  test('may give one principal two tokens, so that one can be replaced without a gap', () => {
    const two = parseTokenFile(`ann:${NAMED}\nann:${BARE}`);
    expect([NAMED, BARE].map((token) => principalOf(bearer(token), two))).toEqual(['ann', 'ann']);
  });

  test.each([
    ['the same token twice', `a:${NAMED}\n\nb:${NAMED}`, 3],
    ['an empty token', `a:${NAMED}\nb:  `, 2],
    ['a token of 15 characters', `a:${NAMED}\nb:secret789012345`, 2],
    ['a token that no header can carry', `# x\nb:secret 0123456789`, 2],
    ['a name of other characters', `b c:${NAMED}`, 1],
    ['the name of callers without a token', `a:${NAMED}\nlocal:${BARE}`, 2],
    ['no name before the colon', `:${NAMED}`, 1],
  ])('with %s is refused by line number, without showing the token', (_, text, line) => {
    expect(() => parseTokenFile(text)).toThrow(`line ${line}:`);
    expect(() => parseTokenFile(text)).not.toThrow(/secret|0123456789/);
  });

  test('without a token is refused', () => {
    expect(() => parseTokenFile('# later\n')).toThrow('no token');
  });
});

describe('an Authorization header', () => {
  const tokens = parseTokenFile(`ann:${NAMED}\nbob:${BARE}`);

  test('names the scheme in any case', () => {
    expect(principalOf(`bEARER  ${NAMED}`, tokens)).toBe('ann');
  });

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    NAMED,
    `Basic ${NAMED}`,
    `Bearer ${NAMED} ${BARE}`,
    `Bearer ${NAMED}x`,
    `Bearer ${NAMED.slice(1)}`,
    `Bearer ann:${NAMED}`,
  ])('%j names nobody', (header) => {
    expect(principalOf(header, tokens)).toBeUndefined();
  });

  test('names the principal of exactly its token, whatever the file holds', () => {
    const token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{16,40}={0,2}$/);
    fc.assert(
      fc.property(fc.uniqueArray(token, { minLength: 1, maxLength: 8 }), token, (known, other) => {
        const file = known.map((each, index) => `p${index}:${each}`).join('\n');
        const all = parseTokenFile(file);
        expect(known.map((each) => principalOf(bearer(each), all))).toEqual(
          known.map((_, index) => `p${index}`),
        );
        fc.pre(!known.includes(other));
        expect(principalOf(bearer(other), all)).toBeUndefined();
      }),
    );
  });
});

test('a new token has 256 bits, differs every time and fits into a token file', () => {
  const made = [newToken(), newToken()];
  expect(made.map((token) => Buffer.from(token, 'base64url').length)).toEqual([32, 32]);
  expect(parseTokenFile(made.join('\n'))).toHaveLength(2);
});
