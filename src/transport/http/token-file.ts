/**
 * The tokens of a file, which is read again every few seconds. A token whose line was removed is revoked at once, whatever
 * else is wrong with the file. If the file itself is missing, empty or unreadable, somebody may be writing it at this
 * moment: its tokens stay valid for a while.
 */

import { stat } from 'node:fs/promises';
import {
  TOKEN_FILE_BYTES_MAX,
  TOKEN_FILE_GRACE_MS,
  TOKEN_FILE_POLL_MS,
  TOKEN_FILE_READ_MS_MAX,
} from '../../connection-limits.ts';
import { SessionError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Redactor } from '../../redaction.ts';
import { readSmallFile } from '../../small-file.ts';
import { within } from '../../timer.ts';
import {
  parseTokenFile,
  principalOf,
  readTokenLines,
  secretsOfTokenFile,
  type Token,
} from './identity.ts';

/** Its name in the state directory, unless the operator names another file. */
export const TOKEN_FILE = 'token';

type TokenFileOptions = {
  readonly file: string;
  readonly log: Logger;
  /** Learns the tokens of the file. */
  readonly redactor: Redactor;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
};

const READABLE_BY_OTHERS = 0o044;

export class TokenFile {
  readonly #options: TokenFileOptions;
  #tokens: readonly Token[] = [];
  /** The last problem with the file, logged once. */
  #problem = '';
  /** Since when the file has had no usable line. */
  #lostAt: number | undefined;
  /** The read that is running; it may hang, and no second one is started. */
  #reading: Promise<string> | undefined;

  /** @throws SessionError UNAVAILABLE if the file cannot be read, INVALID_REQUEST if a line is invalid */
  static async open(options: TokenFileOptions): Promise<TokenFile> {
    const opened = new TokenFile(options);
    opened.#tokens = parseTokenFile(await opened.#read());
    const { mode } = await stat(options.file);
    if (mode & READABLE_BY_OTHERS) {
      options.log.warn({ file: options.file }, 'other users can read the token file; chmod 600 it');
    }
    return opened;
  }

  private constructor(options: TokenFileOptions) {
    this.#options = options;
  }

  /** The principal of an `Authorization` header; undefined if its token is not in the file. */
  principalOf(authorization: string | undefined): string | undefined {
    return principalOf(authorization, this.#tokens);
  }

  /** The principals of all tokens. */
  principals(): ReadonlySet<string> {
    return new Set(this.#tokens.map(({ principal }) => principal));
  }

  /** Reads the file; tells whether the tokens have changed. Never rejects. */
  async reload(): Promise<boolean> {
    try {
      const { tokens, problem } = readTokenLines(await this.#read());
      if (problem === undefined) return this.#found(tokens);
      const named = new Set(tokens.map(keyOf));
      const standing = this.#tokens.filter((token) => named.has(keyOf(token)));
      if (standing.length === 0) return this.#lost(problem.message);
      this.#lostAt = undefined;
      this.#report(problem.message, 'new tokens are ignored until the token file is valid');
      return this.#take(standing);
    } catch (error) {
      return this.#lost(error instanceof Error ? error.message : String(error));
    }
  }

  /** Calls back after each change, until the returned function is called. */
  watch(changed: () => void): () => void {
    let isLooking = false;
    const look = async (): Promise<void> => {
      if (isLooking) return;
      isLooking = true;
      try {
        if (await this.reload()) changed();
      } catch (error) {
        this.#options.log.error({ err: error }, 'a change of the tokens could not be applied');
      } finally {
        isLooking = false;
      }
    };
    const timer = setInterval(() => void look(), TOKEN_FILE_POLL_MS).unref();
    return () => clearInterval(timer);
  }

  async #read(): Promise<string> {
    const { file, redactor } = this.#options;
    this.#reading ??= readSmallFile(file, TOKEN_FILE_BYTES_MAX).finally(() => {
      this.#reading = undefined;
    });
    const reading = this.#reading;
    if (!(await within(reading, TOKEN_FILE_READ_MS_MAX))) {
      throw cannotRead(file, `not within ${TOKEN_FILE_READ_MS_MAX} ms`);
    }
    const text = await reading.catch((error: unknown) => {
      throw cannotRead(file, error instanceof Error ? error.message : String(error), error);
    });
    const secrets = secretsOfTokenFile(text);
    // Without any, the tokens from before may still be valid.
    if (secrets.length > 0) redactor.renew(secrets);
    return text;
  }

  #found(tokens: readonly Token[]): boolean {
    this.#problem = '';
    this.#lostAt = undefined;
    return this.#take(tokens);
  }

  /** The file has no usable line. */
  #lost(problem: string): boolean {
    const { now } = this.#options;
    this.#lostAt ??= now();
    if (now() - this.#lostAt < TOKEN_FILE_GRACE_MS) {
      this.#report(problem, `the tokens stay valid for ${TOKEN_FILE_GRACE_MS} ms`);
      return false;
    }
    this.#report(problem, 'no token is valid until the token file is');
    return this.#take([]);
  }

  #take(tokens: readonly Token[]): boolean {
    const before = new Set(this.#tokens.map(keyOf));
    this.#tokens = tokens;
    const isChanged =
      tokens.length !== before.size || tokens.some((token) => !before.has(keyOf(token)));
    const { file, log } = this.#options;
    if (isChanged) log.info({ file, tokens: tokens.length }, 'the token file has changed');
    return isChanged;
  }

  #report(problem: string, consequence: string): void {
    const { file, log } = this.#options;
    const report = `${problem}: ${consequence}`;
    if (report !== this.#problem) log.error({ file, problem }, consequence);
    this.#problem = report;
  }
}

function cannotRead(file: string, reason: string, cause?: unknown): SessionError {
  return new SessionError('UNAVAILABLE', `the token file ${file} cannot be read: ${reason}`, {
    cause,
  });
}

/** Unique for a token and its principal. */
function keyOf({ principal, digest }: Token): string {
  return `${principal}:${Buffer.from(digest).toString('hex')}`;
}
