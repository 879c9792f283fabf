/** How much of a directory's own configuration may count, and for whom. */

import { homedir } from 'node:os';
import { quoteId } from '../errors.ts';
import { cannotLook, isOutOfMeans } from '../looks.ts';
import { isInside } from '../paths.ts';
import { ancestorsOf, type Checkout, checkoutOf, inMainCheckout } from '../runner/checkout.ts';
import type { Runner } from '../runner/runner.ts';
import type { TrustLevel } from '../session/options.ts';
import { isAbove } from '../session/trust.ts';
import { LOCAL_PRINCIPAL } from './caller.ts';

export type TrustedDirectory = { readonly path: string; readonly level: TrustLevel };

/** What the operator trusts. */
export type Trust = {
  /** Real paths. The longest one that contains a directory counts, and wins over the record. */
  readonly directories: readonly TrustedDirectory[];
  /** Whether what a person has trusted in Claude Code counts, for the principal `local`. */
  readonly countsRecord: boolean;
};

export type TrustDeps = {
  readonly trust: Trust;
  readonly runner: Pick<Runner, 'trusts'>;
};

/** The most that may count, and how a person can raise it. */
export type Allowed = { readonly level: TrustLevel; readonly hint?: string };

/**
 * Returns the most of its directory's own configuration that may count in a session of the principal. Of its additional
 * directories nothing counts in any case.
 *
 * @param directory a real path
 * @throws SessionError UNAVAILABLE if this server has no file descriptor left
 */
export async function allowedTrust(
  directory: string,
  principal: string,
  { trust, runner }: TrustDeps,
): Promise<Allowed> {
  try {
    const checkout = await checkoutOf(directory);
    const given = settingFor(directory, checkout, trust);
    if (given !== undefined) return { level: given.level, hint: SET };
    const isRecordable = trust.countsRecord && principal === LOCAL_PRINCIPAL;
    if (isRecordable && (await runner.trusts(directory))) return { level: 'user' };
    return { level: 'memory', hint: howToTrust(checkout, isRecordable) };
  } catch (error) {
    if (isOutOfMeans(error)) throw cannotLook(`the trust in ${quoteId(directory)}`, error);
    throw error;
  }
}

/**
 * Returns the folders above a directory whose settings may not count in a session of the principal. Claude Code takes some
 * things from there if those of the directory count.
 *
 * @param directory a real path
 * @throws SessionError UNAVAILABLE if this server has no file descriptor left
 */
export async function untrustedAbove(
  directory: string,
  principal: string,
  deps: TrustDeps,
): Promise<readonly string[]> {
  const above = ancestorsOf(directory).slice(1);
  const allowed = await Promise.all(above.map((path) => allowedTrust(path, principal, deps)));
  return above.filter((_, at) => !isAbove(allowed[at]?.level ?? 'none', 'memory'));
}

const SET = 'the operator has set this level with --trust.';

/** For a worktree, what is set for it or for a place in it; else what is set for the same place in its main checkout. */
function settingFor(
  directory: string,
  checkout: Checkout,
  { directories }: Trust,
): TrustedDirectory | undefined {
  const { root, main } = checkout;
  const own = main === undefined ? [] : directories.filter(({ path }) => isInside(path, root));
  return longestFor(directory, own) ?? longestFor(inMainCheckout(directory, checkout), directories);
}

function longestFor(place: string, directories: readonly TrustedDirectory[]) {
  return directories
    .filter(({ path }) => isInside(place, path))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

function howToTrust({ root, main = root }: Checkout, isRecordable: boolean): string {
  // Claude Code never records trust in the home directory.
  const inClaude = isRecordable && main !== homedir();
  const operator = 'have the operator start the server with --trust and this directory.';
  return inClaude ? `run \`claude\` there once and accept its question, or ${operator}` : operator;
}
