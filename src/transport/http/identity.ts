/**
 * Whom a bearer token identifies. Only digests of tokens are kept, so nothing here can leak one. The SDK's own bearer
 * authentication does not fit: it rejects tokens without an expiry, and tokens of a file have none.
 */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SessionError } from '../../errors.ts';
import { LOCAL_PRINCIPAL } from '../../service/caller.ts';

export type Token = {
  readonly principal: string;
  /** SHA-256 of the token. */
  readonly digest: Uint8Array;
};

export type TokenLines = { readonly tokens: readonly Token[]; readonly problem?: SessionError };

/** The principal of a token without a name. */
export const DEFAULT_PRINCIPAL = 'default';
const TOKEN_CHARS_MIN = 16;
const TOKEN_BYTES = 32;

/** What may follow `Bearer` (RFC 6750). */
const TOKEN_PATTERN = /^[A-Za-z0-9._~+/-]+=*$/;
const PRINCIPAL_PATTERN = /^[A-Za-z0-9._@-]{1,64}$/;
const BEARER_PATTERN = /^Bearer +(\S+)$/i;

/**
 * The tokens of a token file: one `name:token` or bare token per line; blank lines and `#` comments are skipped. Several
 * lines may have the same name, so that a token can be replaced without a gap.
 *
 * @throws SessionError INVALID_REQUEST for an invalid line, with its number and never its token; or if there is no token
 */
export function parseTokenFile(text: string): readonly Token[] {
  const { tokens, problem } = readTokenLines(text);
  if (problem !== undefined) throw problem;
  return tokens;
}

/** The same, but leaves invalid lines out; the problem is that of the first one. */
export function readTokenLines(text: string): TokenLines {
  const tokens: Token[] = [];
  const problems: SessionError[] = [];
  // A set, because thousands of tokens may be read every few seconds.
  const digests = new Set<string>();
  for (const { line, number } of lines(text)) {
    const token = parseLine(line, number);
    if (token instanceof SessionError) {
      problems.push(token);
      continue;
    }
    const digest = Buffer.from(token.digest).toString('hex');
    if (digests.has(digest)) problems.push(badLine(number, 'this token is in the file twice'));
    else tokens.push(token);
    digests.add(digest);
  }
  if (tokens.length === 0 && problems.length === 0) problems.push(noToken());
  return { tokens, problem: problems[0] };
}

function noToken(): SessionError {
  return new SessionError('INVALID_REQUEST', 'the token file has no token', {
    hint: 'write one name:token per line.',
  });
}

/** The tokens themselves, even of invalid lines: they must not be shown. */
export function secretsOfTokenFile(text: string): readonly string[] {
  return lines(text)
    .map(({ line }) => line.slice(line.indexOf(':') + 1).trim())
    .filter(({ length }) => length >= TOKEN_CHARS_MIN);
}

/**
 * The principal of an `Authorization` header; undefined if its token is not in the list. Takes the same time for every
 * token of the list, found or not.
 */
export function principalOf(
  authorization: string | undefined,
  tokens: readonly Token[],
): string | undefined {
  const token = BEARER_PATTERN.exec(authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  const digest = digestOf(token);
  let principal: string | undefined;
  for (const known of tokens) {
    if (timingSafeEqual(known.digest, digest)) principal = known.principal;
  }
  return principal;
}

/** A new token: 256 random bits in base64url. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

function lines(text: string): { line: string; number: number }[] {
  return (
    text
      .split('\n')
      // Also removes a byte order mark and the CR of Windows.
      .map((line, index) => ({ line: line.trim(), number: index + 1 }))
      .filter(({ line }) => line !== '' && !line.startsWith('#'))
  );
}

function parseLine(line: string, number: number): Token | SessionError {
  const colon = line.indexOf(':');
  const principal = colon === -1 ? DEFAULT_PRINCIPAL : line.slice(0, colon).trim();
  const token = line.slice(colon + 1).trim();
  if (!PRINCIPAL_PATTERN.test(principal)) {
    return badLine(number, 'the name must be 1 to 64 of A-Z a-z 0-9 . _ @ -');
  }
  // Otherwise its holder would have the sessions of the person on stdio, and what that person trusts in Claude Code.
  if (principal === LOCAL_PRINCIPAL) {
    return badLine(number, 'the name local is that of callers without a token; choose another one');
  }
  if (token === '') return badLine(number, 'the token is empty');
  if (token.length < TOKEN_CHARS_MIN) {
    return badLine(number, `the token must have at least ${TOKEN_CHARS_MIN} characters`);
  }
  if (!TOKEN_PATTERN.test(token)) {
    return badLine(number, 'the token may contain only A-Z a-z 0-9 . _ ~ + / - and = at its end');
  }
  return { principal, digest: digestOf(token) };
}

function badLine(number: number, problem: string): SessionError {
  return new SessionError('INVALID_REQUEST', `token file, line ${number}: ${problem}`);
}

function digestOf(token: string): Uint8Array {
  return hash('sha256', token, 'buffer');
}
