import { constants } from 'node:fs';
import { access, lstat, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Settings } from '../config.ts';
import { SessionError } from '../errors.ts';
import { saysNothingThere } from '../looks.ts';
import { PRINCIPAL_SCOPE } from '../session/metrics.ts';
import type { Inspection } from '../store/inspection.ts';
import { DATABASE_FILE } from '../store/sqlite/files.ts';
import { OlderSchemaError, openInspection } from '../store/sqlite/inspection.ts';
import { refuseNetworkFileSystem } from '../store/sqlite/open.ts';
import { count, counted, sizeText, tildePath } from '../views/figures.ts';

/** The result of one check of `doctor`. */
export type CheckResult = {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
};

/** For the database's journal and the files of Claude Code. */
const FREE_BYTES_MIN = 200 * 1024 * 1024;
const OTHERS_MODE_BITS = 0o077;
const OTHER_DIRECTORY = 'pass a different --state-dir.';

/** Whether the state can be stored: the directory, its database, the token file, the disk. */
export async function stateChecks({
  stateDir,
  tokenFile,
}: Settings): Promise<readonly CheckResult[]> {
  const directory = await directoryCheck(stateDir);
  if (directory.status === 'fail') return [directory];
  const database = await databaseCheck(stateDir);
  const token = await tokenCheck(tokenFile ?? join(stateDir, 'token'));
  return [directory, database, ...(token ? [token] : []), await diskCheck(stateDir)];
}

async function directoryCheck(stateDir: string): Promise<CheckResult> {
  const name = 'state directory';
  const refused = (why: string): CheckResult => ({
    name,
    status: 'fail',
    detail: why,
    hint: OTHER_DIRECTORY,
  });
  const found = await stat(stateDir).catch(() => undefined);
  if (found === undefined) {
    const parent = await nearest(stateDir);
    if (parent === stateDir) return refused(`${stateDir} cannot be accessed`);
    const isFree = await may(parent, constants.W_OK | constants.X_OK);
    if (!isFree) return refused(`${stateDir} does not exist, and ${parent} is not writable`);
    return {
      name,
      status: 'ok',
      detail: `${tildePath(stateDir)}: will be created by the first server`,
    };
  }
  if (!found.isDirectory()) return refused(`${stateDir} is not a directory`);
  if (!(await may(stateDir, constants.R_OK | constants.W_OK | constants.X_OK))) {
    return refused(`${stateDir} cannot be written`);
  }
  try {
    refuseNetworkFileSystem(stateDir);
  } catch (error) {
    return failed(name, error);
  }
  return ownOnly({ name, status: 'ok', detail: tildePath(stateDir) }, stateDir, '700');
}

async function databaseCheck(stateDir: string): Promise<CheckResult> {
  const name = 'database';
  let inspection: Inspection | undefined;
  try {
    inspection = await openInspection(stateDir);
    if (inspection === undefined) {
      return { name, status: 'ok', detail: 'none yet: will be created by the first server' };
    }
    const detail = await integrityText(inspection);
    return await ownOnly({ name, status: 'ok', detail }, join(stateDir, DATABASE_FILE), '600');
  } catch (error) {
    return failed(name, error);
  } finally {
    inspection?.close();
  }
}

/** @throws SessionError if the database is damaged */
async function integrityText(inspection: Inspection): Promise<string> {
  const found = await inspection.integrity();
  if (found !== 'ok') {
    throw new SessionError('UNAVAILABLE', 'the state database is damaged', {
      hint: 'stop the servers that use it, and restore it from a backup.',
    });
  }
  const principals = await inspection.principals();
  const sums = await Promise.all(
    principals.map((name) => inspection.metrics(name, PRINCIPAL_SCOPE)),
  );
  const total = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
  const ended = total(sums.map(({ endedSessions }) => endedSessions));
  const open = total(sums.map(({ totalSessions }) => totalSessions)) - ended;
  return `intact; ${counted(open, 'session')} open, ${count(ended)} ended`;
}

/** Undefined if there is no token file: `http` creates it when it starts. */
async function tokenCheck(file: string): Promise<CheckResult | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  return ownOnly({ name: 'token file', status: 'ok', detail: tildePath(file) }, file, '600');
}

async function diskCheck(stateDir: string): Promise<CheckResult> {
  const name = 'disk';
  const { bavail, bsize } = await statfs(await nearest(stateDir));
  const free = bavail * bsize;
  const detail = `${sizeText(free)} free`;
  if (free >= FREE_BYTES_MIN) return { name, status: 'ok', detail };
  const hint = 'free some space: a call fails if its write does not fit on the disk.';
  return { name, status: 'warn', detail, hint };
}

/** The check, with a warning if other users than the owner have rights to the file. */
async function ownOnly(check: CheckResult, path: string, mode: string): Promise<CheckResult> {
  const found = await stat(path).catch(() => undefined);
  if (
    found === undefined ||
    process.platform === 'win32' ||
    (found.mode & OTHERS_MODE_BITS) === 0
  ) {
    return check;
  }
  const is = (found.mode & 0o777).toString(8);
  const detail = `${check.detail}; other users can access it (mode ${is})`;
  return { ...check, status: 'warn', detail, hint: `chmod ${mode} ${path}` };
}

function failed(name: string, error: unknown): CheckResult {
  if (!(error instanceof SessionError)) throw error;
  const { message: detail, hint } = error;
  const status = error.cause instanceof OlderSchemaError ? 'warn' : 'fail';
  return { name, status, detail, hint };
}

/**
 * The path if anything is there, or if that cannot be seen; else the folder nearest to it that exists. A link that leads
 * nowhere is something: nothing can be made in its place.
 */
export async function nearest(path: string): Promise<string> {
  const parent = dirname(path);
  const isFree = await lstat(path).then(() => false, saysNothingThere);
  return isFree && parent !== path ? nearest(parent) : path;
}

async function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
