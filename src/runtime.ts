/**
 * Whether the runtime can run the program. `main.ts` loads this on whatever Node it finds, so there is nothing here that
 * Node 14 does not parse, and no import.
 */

/** The first release without the bug that corrupts a WAL file that several processes write. */
export const SQLITE_VERSION_MIN = '3.51.3';

/** The part of `process` that tells, and Node's own SQLite if it has one. */
export type Runtime = {
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly execPath: string;
  /** The version of the SQLite that would be used, if there is one. */
  readonly sqlite: string | undefined;
};

/** This process. Loads Node's SQLite, as every command does sooner or later. */
export function thisRuntime(): Runtime {
  return { versions: process.versions, execPath: process.execPath, sqlite: sqliteVersion() };
}

/**
 * Why the program cannot run here, in one line: what was found, what is needed, and what to do. Undefined if it can. The
 * SQLite decides and not the version of Node: a desktop program may have built its Node with another one.
 */
export function runtimeProblem(runtime: Runtime): string | undefined {
  const { sqlite } = runtime;
  if (sqlite !== undefined && isSafeSqlite(sqlite)) return undefined;
  const found = `found ${nameOf(runtime)} with ${sqlite === undefined ? 'no SQLite' : `SQLite ${sqlite}`}`;
  const needed = 'Node 22.22.3 or newer in line 22, or 24.15 or newer, is needed';
  return printable(`${needed} for SQLite ${SQLITE_VERSION_MIN}; ${found}; ${remedyFor(runtime)}`);
}

/** Whether several processes may use a database with it. */
export function isSafeSqlite(version: string): boolean {
  const [found, needed] = [partsOf(version), partsOf(SQLITE_VERSION_MIN)];
  const at = needed.findIndex((part, index) => part !== (found[index] || 0));
  return at === -1 || (found[at] || 0) > (needed[at] || 0);
}

function partsOf(version: string): readonly number[] {
  return version.split('.').map(Number);
}

function nameOf({ versions, execPath }: Runtime): string {
  const node = `Node v${versions.node}`;
  const { electron } = versions;
  return electron === undefined
    ? `${node} (${execPath})`
    : `the Node v${versions.node} inside a desktop program (Electron ${electron})`;
}

function remedyFor({ versions }: Runtime): string {
  return versions.electron === undefined
    ? 'put such a Node first in PATH, or its path into the configuration of the client'
    : 'update the desktop program, or have it start the server with a Node that is installed on this machine';
}

/** A path may hold anything. */
function printable(line: string): string {
  return line.replace(/\p{C}/gu, ' ');
}

function sqliteVersion(): string | undefined {
  try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const db = new DatabaseSync(':memory:');
    const row = db.prepare('SELECT sqlite_version() AS version').get();
    db.close();
    return row === undefined ? undefined : String(row.version);
  } catch (_) {
    // An old Node has no such function or no such module.
    return undefined;
  }
}
