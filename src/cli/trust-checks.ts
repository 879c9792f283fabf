import { realpath } from 'node:fs/promises';
import type { Settings } from '../config.ts';
import { SettingError } from '../errors.ts';
import { saysNothingThere } from '../looks.ts';
import { isTrusted, trustedPaths, trustRecordFile } from '../runner/trust-record.ts';
import { LOCAL_PRINCIPAL } from '../service/caller.ts';
import { allowedTrust, type TrustedDirectory } from '../service/trust.ts';
import type { TrustLevel } from '../session/options.ts';
import { isAbove } from '../session/trust.ts';
import { servable } from '../trust-setting.ts';
import { counted, tildePath } from '../views/figures.ts';
import { type Finding, fail, ok, warn } from './state-checks.ts';

/** What the operator trusts: Claude Code's own record, and each directory. */
export async function trustChecks(settings: Settings): Promise<readonly Finding[]> {
  const { directories } = settings.trust;
  const checks = directories.map((directory) => directoryCheck(directory, settings));
  return Promise.all([recordCheck(settings), ...checks]);
}

async function recordCheck({ trust, environment }: Settings): Promise<Finding> {
  const file = tildePath(trustRecordFile(environment));
  if (!trust.countsRecord) return ok('what you have trusted in Claude Code does not count');
  try {
    const { length } = await trustedPaths(environment);
    const trusted = counted(length, 'directory', 'directories');
    return ok(`${trusted} in ${file}, for clients on stdio`);
  } catch (error) {
    if (saysNothingThere(error)) {
      return ok(`none in ${file}: run \`claude\` in a repository once to trust it`);
    }
    return warn(
      `what you have trusted in Claude Code does not count: ${file} cannot be read`,
      'check its permissions, and that it is a JSON file: `claude` writes it.',
    );
  }
}

async function directoryCheck(
  { path, level }: TrustedDirectory,
  { roots, environment }: Settings,
): Promise<Finding> {
  try {
    servable(`${path}=${level}`, await Promise.all(roots.map(realOf)));
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    return fail(error.message, 'no server starts like this: correct --trust.');
  }
  const detail = `${tildePath(path)}: ${level}`;
  if (!isAbove(level, 'memory') || (await isTrusted(path, environment))) return ok(detail);
  return ok(`${detail}; its allow rules count only once you have run \`claude\` there`);
}

/** The level that sessions get in a root itself, for a client on stdio. */
export async function rootLevel(
  root: string,
  { trust, environment }: Settings,
): Promise<TrustLevel> {
  const runner = { trusts: (directory: string) => isTrusted(directory, environment) };
  const directory = await realOf(root);
  return (await allowedTrust(directory, LOCAL_PRINCIPAL, { trust, runner })).level;
}

function realOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
