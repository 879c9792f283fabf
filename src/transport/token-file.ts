/** The tokens of a file, read again when it changes. What cannot be read or is wrong changes nothing. */

import { readFile, stat } from 'node:fs/promises';
import { SessionError } from '../errors.ts';
import { TOKEN_FILE_POLL_MS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Redactor } from '../redaction.ts';
import { parseTokenFile, principalOf, secretsOfTokenFile, type Token } from './identity.ts';

/** Its name in the state directory, where the operator names no other file. */
export const TOKEN_FILE = 'token';

type TokenFileOptions = {
  readonly file: string;
  readonly log: Logger;
  /** Hides what stands in the file. */
  readonly redactor: Redactor;
};

const READABLE_BY_OTHERS = 0o044;

export class TokenFile {
  readonly #options: TokenFileOptions;
  #tokens: readonly Token[];
  /** The last thing that was wrong with the file, told once. */
  #problem = '';

  /** @throws SessionError UNAVAILABLE where the file cannot be read, INVALID_REQUEST where a line is wrong */
  static async open(options: TokenFileOptions): Promise<TokenFile> {
    const tokens = await readTokens(options);
    const { mode } = await stat(options.file);
    if (mode & READABLE_BY_OTHERS) {
      options.log.warn({ file: options.file }, 'other users can read the token file; chmod 600 it');
    }
    return new TokenFile(options, tokens);
  }

  private constructor(options: TokenFileOptions, tokens: readonly Token[]) {
    this.#options = options;
    this.#tokens = tokens;
  }

  /** The principal of an `Authorization` header, undefined where it names no token of the file. */
  principalOf(authorization: string | undefined): string | undefined {
    return principalOf(authorization, this.#tokens);
  }

  /** Everyone whom a token stands for. */
  principals(): ReadonlySet<string> {
    return new Set(this.#tokens.map(({ principal }) => principal));
  }

  /** Reads the file; whether other tokens are good from now on. */
  async reload(): Promise<boolean> {
    const { file, log } = this.#options;
    try {
      const tokens = await readTokens(this.#options);
      this.#problem = '';
      if (isSame(tokens, this.#tokens)) return false;
      this.#tokens = tokens;
      log.info({ file, tokens: tokens.length }, 'the token file has changed');
      return true;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) log.error({ file, problem }, 'the tokens stay as they were');
      this.#problem = problem;
      return false;
    }
  }

  /** Calls back after each change, until the returned function is called. */
  watch(changed: () => void): () => void {
    let isReading = false;
    const timer = setInterval(async () => {
      if (isReading) return;
      isReading = true;
      if (await this.reload()) changed();
      isReading = false;
    }, TOKEN_FILE_POLL_MS).unref();
    return () => clearInterval(timer);
  }
}

async function readTokens({ file, redactor }: TokenFileOptions): Promise<readonly Token[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SessionError('UNAVAILABLE', `the token file ${file} cannot be read`, { cause });
  });
  redactor.renew(secretsOfTokenFile(text));
  return parseTokenFile(text);
}

function isSame(some: readonly Token[], others: readonly Token[]): boolean {
  const keyOf = ({ principal, digest }: Token) =>
    `${principal}:${Buffer.from(digest).toString('hex')}`;
  return some.map(keyOf).sort().join() === others.map(keyOf).sort().join();
}
