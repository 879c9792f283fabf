/** Which git checkout a directory belongs to, without running git: a repository may be hostile. */

import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isOutOfMeans, saysNothingThere } from '../looks.ts';
import { readSmallFile } from '../small-file.ts';

/** A path and some words. */
const POINTER_BYTES_MAX = 8 * 1024;

export type Checkout = {
  /** The nearest directory with `.git`, or the directory itself if there is none. */
  readonly root: string;
  /** The root of the main checkout, if this one is a linked worktree of it. */
  readonly main?: string;
};

/**
 * @param directory a real path
 * @throws the error of the system if this server has no file descriptor left
 */
export async function checkoutOf(directory: string): Promise<Checkout> {
  const above = ancestorsOf(directory);
  const marked = await Promise.all(above.map((path) => mayBeThere(join(path, '.git'))));
  const root = above[marked.indexOf(true)];
  if (root === undefined) return { root: directory };
  const main = await mainOf(root).catch((error: unknown) => {
    if (isOutOfMeans(error)) throw error;
    return undefined;
  });
  return main === undefined ? { root } : { root, main };
}

/** The place in the main checkout that corresponds to the directory; the directory itself if it is in no worktree. */
export function inMainCheckout(directory: string, { root, main }: Checkout): string {
  return main === undefined ? directory : join(main, relative(root, directory));
}

/** From the directory itself upwards. */
export function ancestorsOf(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestorsOf(parent)];
}

/** What cannot be looked at counts as there: no directory above it answers for it. */
async function mayBeThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isOutOfMeans(error)) throw error;
    return !saysNothingThere(error);
  }
}

/**
 * A `.git` file may name any folder, and that folder may say anything. So the folder must be where only git in the main
 * checkout has made it, and must name this very worktree.
 *
 * @throws if it is no worktree, or cannot be read
 */
async function mainOf(root: string): Promise<string | undefined> {
  const pointer = join(root, '.git');
  const [, named] = /^gitdir: (.+)$/m.exec(await readSmallFile(pointer, POINTER_BYTES_MAX)) ?? [];
  if (named === undefined) return undefined;
  const folder = await realpath(resolve(root, named.trim()));
  const worktrees = dirname(folder);
  const repository = dirname(worktrees);
  if (basename(worktrees) !== 'worktrees' || basename(repository) !== '.git') return undefined;
  const back = (await readSmallFile(join(folder, 'gitdir'), POINTER_BYTES_MAX)).trim();
  return (await realpath(resolve(folder, back))) === pointer ? dirname(repository) : undefined;
}
