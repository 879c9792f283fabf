import { constants } from 'node:fs';
import { access, lstat, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Settings } from '../config.ts';
import { failureOf, SessionError } from '../errors.ts';
import { saysNothingThere } from '../looks.ts';
import { PRINCIPAL_SCOPE } from '../session/metrics.ts';
import type { Inspection } from '../store/inspection.ts';
import { DATABASE_FILE } from '../store/sqlite/files.ts';
import { OlderSchemaError, openInspection } from '../store/sqlite/inspection.ts';
import { refuseNetworkFileSystem } from '../store/sqlite/open.ts';
import { count, counted, localTime, sizeText, tildePath } from '../views/figures.ts';
import { readHolders, type SeenServer, settlement } from './holders.ts';

/** What one check of `doctor` has found. */
export type Finding = {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
};

export type CheckResult = Finding & { readonly name: string };

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const warn = (detail: string, hint?: string): Finding => ({ status: 'warn', detail, hint });
export const fail = (detail: string, hint?: string): Finding => ({ status: 'fail', detail, hint });

/** For the database's journal and the files of Claude Code. */
const FREE_BYTES_MIN = 200 * 1024 * 1024;
const OTHERS_MODE_BITS = 0o077;

/** Whether the state can be stored: the directory, its database, the token file, the disk. */
export async function stateChecks({
  stateDir,
  tokenFile,
}: Settings): Promise<readonly CheckResult[]> {
  const directory = { name: 'state directory', ...(await directoryCheck(stateDir)) };
  if (directory.status === 'fail') return [directory];
  const token = await tokenCheck(tokenFile ?? join(stateDir, 'token'));
  return [
    directory,
    { name: 'database', ...(await databaseCheck(stateDir)) },
    { name: 'servers', ...(await serversCheck(stateDir)) },
    ...(token ? [{ name: 'token file', ...token }] : []),
    { name: 'disk', ...(await diskCheck(stateDir)) },
  ];
}

async function directoryCheck(stateDir: string): Promise<Finding> {
  const refused = (why: string) => fail(`${stateDir} ${why}`, 'pass a different --state-dir.');
  const found = await stat(stateDir).catch(() => undefined);
  if (found === undefined) {
    const parent = await nearest(stateDir);
    if (parent === stateDir) return refused('cannot be accessed');
    const isFree = await may(parent, constants.W_OK | constants.X_OK);
    if (!isFree) return refused(`does not exist, and ${parent} is not writable`);
    return ok(`${tildePath(stateDir)}: will be created by the first server`);
  }
  if (!found.isDirectory()) return refused('is not a directory');
  const isMine = await may(stateDir, constants.R_OK | constants.W_OK | constants.X_OK);
  if (!isMine) return refused('cannot be written');
  try {
    refuseNetworkFileSystem(stateDir);
  } catch (error) {
    return failed(error);
  }
  return ownOnly(tildePath(stateDir), stateDir, '700');
}

async function databaseCheck(stateDir: string): Promise<Finding> {
  let inspection: Inspection | undefined;
  try {
    inspection = await openInspection(stateDir);
    if (inspection === undefined) return ok('none yet: will be created by the first server');
    return await ownOnly(await integrityText(inspection), join(stateDir, DATABASE_FILE), '600');
  } catch (error) {
    return failed(error);
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

/** Which servers run here, and whether sessions have turns that none of them runs. */
async function serversCheck(stateDir: string): Promise<Finding> {
  let inspection: Inspection | undefined;
  try {
    inspection = await openInspection(stateDir);
    return inspection === undefined ? ok('none run') : await serversFound(inspection);
  } catch (error) {
    // The check of the database says what to do about it.
    return warn(`unknown: ${failureOf(error).message}`);
  } finally {
    inspection?.close();
  }
}

async function serversFound(inspection: Inspection): Promise<Finding> {
  const holders = await readHolders(inspection, Date.now());
  const left = holders.servers.filter(({ state }) => state !== 'gone');
  const servers = left.length === 0 ? 'none run' : left.map(serverText).join('\n');
  const working = await inspection.working();
  const waiting = working.filter((session) => holders.isAbandoned(session));
  if (waiting.length === 0) return ok(servers);
  const [has, have] = ['session has', 'sessions have'];
  return warn(
    `${servers}\n${counted(waiting.length, has, have)} turns to run, and no server: ${settlement(holders)}`,
    'start a server on this state directory, or end them with claude-sessions-mcp end ID.',
  );
}

function serverText({ pid, state, transport, since }: SeenServer): string {
  const more = [
    transport ?? 'of an earlier version',
    since === undefined ? '' : `since ${localTime(since)}`,
    state === 'stopped' ? 'stopped (SIGSTOP)' : '',
    state === 'unknown' ? 'cannot be seen from here (another container, or before a reboot)' : '',
  ];
  return [`pid ${pid ?? 'unknown'}`, ...more.filter(Boolean)].join(', ');
}

/** Undefined if there is no token file: `http` creates it when it starts. */
async function tokenCheck(file: string): Promise<Finding | undefined> {
  const isThere = await may(file, constants.F_OK);
  return isThere ? ownOnly(tildePath(file), file, '600') : undefined;
}

async function diskCheck(stateDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearest(stateDir));
  const free = bavail * bsize;
  const detail = `${sizeText(free)} free`;
  return free >= FREE_BYTES_MIN
    ? ok(detail)
    : warn(detail, 'free some space: a call fails if its write does not fit on the disk.');
}

/** What is fine, with a warning if other users than the owner have rights to the file. */
async function ownOnly(detail: string, path: string, mode: string): Promise<Finding> {
  const found = process.platform === 'win32' ? undefined : await stat(path).catch(() => undefined);
  if (found === undefined || (found.mode & OTHERS_MODE_BITS) === 0) return ok(detail);
  const is = (found.mode & 0o777).toString(8);
  return warn(`${detail}; other users can access it (mode ${is})`, `chmod ${mode} ${path}`);
}

function failed(error: unknown): Finding {
  if (!(error instanceof SessionError)) throw error;
  const { message, hint } = error;
  return error.cause instanceof OlderSchemaError ? warn(message, hint) : fail(message, hint);
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

export async function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
