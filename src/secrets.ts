/** Which values of an environment may be credentials. When in doubt, they are. */

import { isAbsolute } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** A name with a word that ends like this: `GITHUB_TOKEN`, `OPENAIKEY_2`, `X-Api-Key`. */
const SECRET_NAME =
  /(KEY|TOKEN|SECRET|PASSW(OR)?D|PASSPHRASE|CREDENTIAL|COOKIE|HEADER|AUTHORIZATION|BEARER|JWT|WEBHOOK|CONNECTION_?STRING)S?(?![A-Z])|(^|_)(PASS|PAT|AUTH|DSN)$|_PWD$/i;
/** A name for the location of a credential, not for its value. */
const PLACE_NAME =
  /(^|_)(FILE|PATH|DIR|DIRECTORY|FOLDER|HOME|SOCK|SOCKET)$|^GOOGLE_APPLICATION_CREDENTIALS$/i;
/**
 * `Authorization: Bearer …`, `api-key=…`, `AccountKey=…`: a part of a value with a name of its own. A match begins only
 * at the beginning of a word; otherwise a long word would take quadratic time.
 */
const NAMED_PART = /(?<![\w-])([\w-]+)\s*[:=]\s*(?:(?:Bearer|Basic|Token)\s+)?([^\s;,&"']+)/gi;
const PART_NAME = /^(pass|pwd|sig|auth)$/i;
/** `https://user:password@host`, also in a list. It begins with a word for the same reason. */
const URL_USER = /(?<![a-z\d+.-])[a-z\d+.-]+:\/\/([^\s/?#]+)@/gi;

/** Words, numbers, paths, and switches in which such a thing stands. */
const PLAIN_VALUE =
  /^(?:[a-z]+(?:[-_ ,.;/+][a-z]+)*|[\d.:,]+|--?[\w-]+|(?:\.{0,2}|~)\/\S*|[a-z]:\\\S*)?$/i;
const ADDRESS = /^https?:\/\/\S+$/i;
/** `Basic` and the base64 of `user:password`. */
const BASIC = /\bBasic\s+([a-z\d+/]+=*)/gi;
const SCHEME = /^(?:Bearer|Basic|Token)\s+/i;

/** Shorter values are switches and numbers, which occur in every text. */
const SECRET_CHARS_MIN = 8;
/** From this length on, a part of a credential's value, or a user name, with a digit may be a credential itself. */
const RANDOM_CHARS_MIN = 16;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Minimum length of a line of a key that has several lines. */
const LINE_CHARS_MIN = 32;

/**
 * The values in an environment that may be credentials, and the parts of values.
 *
 * @param passed the names of variables that an operator passes on to sessions. Whatever they are called, a value that looks
 *   random is a credential. Any other (a path, an address, a command, a word) also occurs in texts in which it is no secret.
 */
export function secretsIn(
  environment: Environment,
  passed: readonly string[] = [],
): readonly string[] {
  const found = Object.entries(environment).flatMap(([name, value = '']) => {
    const isSecret = SECRET_NAME.test(name) || (passed.includes(name) && looksRandom(value));
    return secretsNamed(name, value, isSecret);
  });
  return [...new Set(found.filter((secret) => secret.length >= SECRET_CHARS_MIN))];
}

/** The names of variables whose values may be, or contain, credentials; see {@link secretsIn}. */
export function credentialNamesIn(
  environment: Environment,
  passed: readonly string[] = [],
): readonly string[] {
  const holdsOne = (name: string) => SECRET_NAME.test(name) && !PLACE_NAME.test(name);
  return Object.entries(environment)
    .filter(([name, value]) => holdsOne(name) || secretsIn({ [name]: value }, passed).length > 0)
    .map(([name]) => name);
}

/** The absolute paths of files that variables name as places of credentials. */
export function credentialFilesIn(environment: Environment): readonly string[] {
  return Object.entries(environment)
    .filter(([name]) => SECRET_NAME.test(name) && PLACE_NAME.test(name))
    .map(([, value = '']) => value)
    .filter(isAbsolute);
}

/**
 * The same in what somebody has written down for a program: any value may be a credential, whatever its name, unless it
 * is plain words, a number, a path or an address.
 *
 * @param given names with their values
 */
export function secretsGiven(
  given: Iterable<readonly [name: string, value: string]>,
): readonly string[] {
  const found = [...given].flatMap(([name, value]) => {
    if (ADDRESS.test(value))
      return [...addressParts(value), ...secretsNamed(name, value, SECRET_NAME.test(name))];
    return secretsNamed(name, value, SECRET_NAME.test(name) || !PLAIN_VALUE.test(value));
  });
  return [...new Set(found.filter((secret) => secret.length >= SECRET_CHARS_MIN))];
}

/** Parts of a path that look random, and what a query calls a secret. */
function addressParts(address: string): readonly string[] {
  const { pathname = '', searchParams = [] } = URL.parse(address) ?? {};
  const named = [...searchParams].filter(([name, part]) => isPartName(name) || isRandom(part));
  return [...pathname.split('/').filter(isRandom), ...named.flatMap(([, part]) => asWritten(part))];
}

function secretsNamed(name: string, value: string, isSecret: boolean): readonly string[] {
  return PLACE_NAME.test(name) ? [] : secretsOf(value, isSecret);
}

function secretsOf(value: string, isSecret: boolean): readonly string[] {
  const parts = [
    ...namedParts(value, isSecret),
    ...urlUsers(value),
    ...jsonParts(value),
    ...basicPasswords(value),
  ];
  if (!isSecret) return parts;
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const bare = value.trim().replace(SCHEME, '');
  return [value, value.trim(), bare, ...lines.filter(isKeyLine), ...parts];
}

function isKeyLine(line: string): boolean {
  return line.length >= LINE_CHARS_MIN && !/\s/.test(line);
}

function namedParts(value: string, isSecret: boolean): readonly string[] {
  return [...value.matchAll(NAMED_PART)].flatMap(([, name = '', part = '']) => {
    return isPartName(name) || (isSecret && isRandom(part)) ? asWritten(part) : [];
  });
}

/** A cloud's key file, or what a secrets manager keeps: each text in the JSON, by the name of its member. */
function jsonParts(value: string): readonly string[] {
  if (!/^\s*[{[]/.test(value)) return [];
  const found: string[] = [];
  try {
    JSON.parse(value, (name, member: unknown) => {
      if (typeof member === 'string') {
        found.push(...secretsNamed(name, member, isPartName(name)));
      }
    });
  } catch {
    // It is not JSON, or nested too deeply: only its name counts.
  }
  return found;
}

function isPartName(name: string): boolean {
  return SECRET_NAME.test(name) || PART_NAME.test(name);
}

function urlUsers(value: string): readonly string[] {
  return [...value.matchAll(URL_USER)].flatMap(([, user = '']) => {
    const colon = user.indexOf(':');
    if (colon === -1) return isRandom(user) ? asWritten(user) : [];
    return [`${user}@`, ...asWritten(user.slice(colon + 1))];
  });
}

/** A server may show it as it was before it was encoded. */
function basicPasswords(value: string): readonly string[] {
  return [...value.matchAll(BASIC)].flatMap(([, encoded = '']) => {
    const [, ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
    return rest.length === 0 ? [] : [rest.join(':')];
  });
}

function isRandom(text: string): boolean {
  return text.length >= RANDOM_CHARS_MIN && /\d/.test(text) && /[a-z]/i.test(text);
}

/**
 * Whether a value as a whole is made of random characters: not a place, a command, or an address of mail, and with a run of
 * letters and digits that no word or version has. A UUID counts.
 */
function looksRandom(value: string): boolean {
  if (/^[/~.-]|:\/\/|[\s@]/.test(value)) return false;
  return UUID.test(value) || (value.match(/[a-z\d]+/gi) ?? []).some(isRandom);
}

/** In URLs and in some headers, characters are percent-encoded. */
function asWritten(text: string): readonly string[] {
  try {
    return [text, decodeURIComponent(text)];
  } catch {
    return [text];
  }
}
