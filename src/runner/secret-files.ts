/** The server's own files that no tool of a session is to read or write: what they are called and which they are now. */

import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { saysNothingThere } from '../looks.ts';

/** More links in a row than a system follows. */
const LINKS_MAX = 40;
/** What makes a path one that a session cannot open either. */
const UNREACHABLE = new Set(['EACCES', 'ELOOP', 'ENAMETOOLONG', 'EPERM']);

/**
 * Files may be links whose targets change while a session runs, as those of mounted secrets do, so every question is
 * answered from the disk as it is now. Rejects if it cannot be looked at.
 */
export class SecretFiles {
  readonly #paths: readonly string[];

  /** @param paths absolute; one that ends in `*` stands for every name that begins so */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Rules of Claude Code that deny the files by all their names, links on the way included. */
  async denyRules(): Promise<readonly string[]> {
    const names = await Promise.all(this.#paths.map(namesOf));
    return [...new Set(names.flat())]
      .map(asPattern)
      .flatMap((name) => [`Read(/${name})`, `Edit(/${name})`]);
  }

  /** Whether a path leads to one of the files, by whatever name, or would make one. */
  async hold(path: string): Promise<boolean> {
    const [identity, real] = await Promise.all([identityOf(path), realPathOf(path)]);
    for (const own of this.#paths) {
      if (isNamedBy(real, await realPathOf(own)) || isNamedBy(path, own)) return true;
      if (identity === undefined) continue;
      const identities = await Promise.all((await filesOf(own)).map(identityOf));
      if (identities.includes(identity)) return true;
    }
    return false;
  }
}

function isNamedBy(path: string | undefined, own: string | undefined): boolean {
  if (path === undefined || own === undefined) return false;
  return own.endsWith('*') ? path.startsWith(own.slice(0, -1)) : path === own;
}

async function filesOf(own: string): Promise<readonly string[]> {
  if (!own.endsWith('*')) return [own];
  const names = (await look(readdir(dirname(own)))) ?? [];
  return names.map((name) => join(dirname(own), name)).filter((path) => isNamedBy(path, own));
}

/** A link has another name after each hop, and one that goes through links to folders has another one still. */
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

/** Where the path really leads; of one that leads nowhere yet, where it would. */
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
function asPattern(path: string): string {
  return path
    .split(sep)
    .map((name) => name.replace(/[\\[\](){}!]/g, '?'))
    .join('/');
}
