/** The server's own files that no tool of a session is to read or write: what they are called and which they are now. */

import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { saysNothingThere } from '../looks.ts';

/** More links in a row than a system follows. */
const LINKS_MAX = 40;
/** What makes a path one that a session cannot open either. */
const UNREACHABLE = new Set(['EACCES', 'ELOOP', 'ENAMETOOLONG', 'EPERM']);

/** What the files are called and which they are, at one moment. */
type Seen = {
  /** Paths. One that ends in `*` means every name with that beginning. */
  readonly names: readonly string[];
  readonly identities: ReadonlySet<string>;
};

/**
 * Files may be links whose targets change while a session runs, as those of mounted secrets do: ask again each time.
 *
 * @param paths absolute; one that ends in `*` means every name with that beginning
 * @throws the error of the system if it cannot be read
 */
export async function seeSecretFiles(paths: readonly string[]): Promise<Seen> {
  const files = await Promise.all(paths.map(filesOf));
  const [names, identities] = await Promise.all([
    Promise.all(paths.map(namesOf)),
    Promise.all(files.flat().map(identityOf)),
  ]);
  return {
    names: [...new Set(names.flat())],
    identities: new Set(identities.filter((identity) => identity !== undefined)),
  };
}

/** Rules of Claude Code that deny the files by all their names, links on the way included. */
export function denyRules({ names }: Seen): readonly string[] {
  return names.map(asPattern).flatMap((name) => [`Read(/${name})`, `Edit(/${name})`]);
}

/** Whether a path leads to one of the files, by any name, or would create one. */
export async function leadsToSecret({ names, identities }: Seen, path: string): Promise<boolean> {
  const isNamed = (at: string) => names.some((name) => isNamedBy(at, name));
  if (isNamed(path)) return true;
  const [identity, real] = await Promise.all([identityOf(path), realPathOf(path)]);
  return (
    (identity !== undefined && identities.has(identity)) || (real !== undefined && isNamed(real))
  );
}

function isNamedBy(path: string, name: string): boolean {
  return name.endsWith('*') ? path.startsWith(name.slice(0, -1)) : path === name;
}

async function filesOf(own: string): Promise<readonly string[]> {
  if (!own.endsWith('*')) return [own];
  const names = (await look(readdir(dirname(own)))) ?? [];
  return names.map((name) => join(dirname(own), name)).filter((path) => isNamedBy(path, own));
}

/** A link has another name after each hop, and yet another one if links to folders are on the way. */
async function namesOf(own: string): Promise<readonly string[]> {
  const names = [own];
  let at = own;
  for (let link = 0; link < LINKS_MAX; link++) {
    const target = await look(readlink(at));
    if (target === undefined) break;
    at = resolve(dirname(at), target);
    names.push(at);
  }
  const real = await realPathOf(own);
  return real === undefined ? names : [...names, real];
}

/** The real path of a file, or the one that it would have if it were made now. */
async function realPathOf(path: string): Promise<string | undefined> {
  const real = await look(realpath(path));
  if (real !== undefined) return real;
  const folder = await look(realpath(dirname(path)));
  return folder && join(folder, basename(path));
}

/** Which file it is: another name for it, a hard link for example, has the same. */
async function identityOf(path: string): Promise<string | undefined> {
  const found = await look(stat(path, { bigint: true }));
  return found?.isFile() ? `${found.dev} ${found.ino}` : undefined;
}

/** Undefined if there is nothing, or nothing that a session could reach. */
async function look<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // EINVAL: no link.
    if (saysNothingThere(error) || UNREACHABLE.has(code) || code === 'EINVAL') return undefined;
    throw error;
  }
}

/** In a rule these mean something else, and a backslash before them does not help: `?` is any one character. */
export function asPattern(path: string): string {
  return path
    .split(sep)
    .map((name) => name.replace(/[\\[\](){}!]/g, '?'))
    .join('/');
}
