/**
 * The tokens of a file, read again every few seconds. A line that is gone takes its token with it, whatever else is
 * wrong with the file. One that is gone itself, empty or unreadable may be so for a moment, while somebody writes it:
 * its tokens stay good for a while, and no longer.
 */

import { stat } from 'node:fs/promises';
import { SessionError } from '../errors.ts';
import {
  TOKEN_FILE_BYTES_MAX,
  TOKEN_FILE_GRACE_MS,
  TOKEN_FILE_POLL_MS,
  TOKEN_FILE_READ_MS_MAX,
} from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Redactor } from '../redaction.ts';
import { within } from '../runner/within.ts';
import { readSmallFile } from '../small-file.ts';
import { principalOf, readTokenLines, secretsOfTokenFile, type Token } from './identity.ts';

/** Its name in the state directory, where the operator names no other file. */
export const TOKEN_FILE = 'token';

type TokenFileOptions = {
  readonly file: string;
  readonly log: Logger;
  /** Hides what stands in the file. */
  readonly redactor: Redactor;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
};

const READABLE_BY_OTHERS = 0o044;

export class TokenFile {
  readonly #options: TokenFileOptions;
  #tokens: readonly Token[] = [];
  /** The last thing that was wrong with the file, told once. */
  #problem = '';
  /** Since when the file has named nobody. */
  #lostAt: number | undefined;
  /** Under way: no second one begins beside one that hangs. */
  #reading: Promise<string> | undefined;

  /** @throws SessionError UNAVAILABLE if the file cannot be read, INVALID_REQUEST if a line is wrong */
  static async open(options: TokenFileOptions): Promise<TokenFile> {
    const opened = new TokenFile(options);
    const { tokens, problem } = readTokenLines(await opened.#read());
    if (problem !== undefined) throw problem;
    opened.#tokens = tokens;
    const { mode } = await stat(options.file);
    if (mode & READABLE_BY_OTHERS) {
      options.log.warn({ file: options.file }, 'other users can read the token file; chmod 600 it');
    }
    return opened;
  }

  private constructor(options: TokenFileOptions) {
    this.#options = options;
  }

  /** The principal of an `Authorization` header, undefined where it names no token of the file. */
  principalOf(authorization: string | undefined): string | undefined {
    return principalOf(authorization, this.#tokens);
  }

  /** Everyone whom a token stands for. */
  principals(): ReadonlySet<string> {
    return new Set(this.#tokens.map(({ principal }) => principal));
  }

  /** Reads the file; whether other tokens are good from now on. Never rejects. */
  async reload(): Promise<boolean> {
    try {
      const { tokens, problem } = readTokenLines(await this.#read());
      if (problem === undefined) return this.#found(tokens);
      const named = new Set(tokens.map(keyOf));
      const standing = this.#tokens.filter((token) => named.has(keyOf(token)));
      if (standing.length === 0) return this.#lost(problem.message);
      this.#lostAt = undefined;
      this.#tell(problem.message, 'new tokens wait until the token file is right again');
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
        this.#options.log.error({ err: error }, 'a change of tokens could not be followed');
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
    // Of a file that names nobody, the tokens that it named before may still be good.
    if (secrets.length > 0) redactor.renew(secrets);
    return text;
  }

  #found(tokens: readonly Token[]): boolean {
    this.#problem = '';
    this.#lostAt = undefined;
    return this.#take(tokens);
  }

  /** Nobody can be made out in the file. */
  #lost(problem: string): boolean {
    const { now } = this.#options;
    this.#lostAt ??= now();
    if (now() - this.#lostAt < TOKEN_FILE_GRACE_MS) {
      this.#tell(problem, `the tokens stay as they were for ${TOKEN_FILE_GRACE_MS} ms`);
      return false;
    }
    this.#tell(problem, 'no token is good until the token file is right again');
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

  #tell(problem: string, consequence: string): void {
    const { file, log } = this.#options;
    const told = `${problem}: ${consequence}`;
    if (told !== this.#problem) log.error({ file, problem }, consequence);
    this.#problem = told;
  }
}

function cannotRead(file: string, reason: string, cause?: unknown): SessionError {
  return new SessionError('UNAVAILABLE', `the token file ${file} cannot be read: ${reason}`, {
    cause,
  });
}

/** The same for the same token of the same principal only. */
function keyOf({ principal, digest }: Token): string {
  return `${principal}:${Buffer.from(digest).toString('hex')}`;
}
