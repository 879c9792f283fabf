/** What is packed: the package as package.json and the lock file describe it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export type Package = {
  readonly name: string;
  readonly mcpName: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly keywords: readonly string[];
  readonly engines: { readonly node: string };
};

export function readPackage(): Package {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

type Locked = { readonly dependencies?: Readonly<Record<string, string>> };
type Lock = { readonly packages: Readonly<Record<string, Locked>> };

/**
 * The folders of everything that the program needs to run, as the lock file has them: no optional packages (the
 * Claude Code of each platform), and no peers that nothing of it imports.
 */
export function productionFolders(): readonly string[] {
  const { packages }: Lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const found = new Set<string>();
  const add = (from: string): void => {
    for (const name of Object.keys(packages[from]?.dependencies ?? {})) {
      const folder = foldersFor(name, from).find((candidate) => candidate in packages);
      if (folder === undefined) throw new Error(`${name}, needed by ${from}, is not locked`);
      if (found.has(folder)) continue;
      found.add(folder);
      add(folder);
    }
  };
  add('');
  return [...found].sort();
}

/** Where Node looks for a package, from the inside out. */
function foldersFor(name: string, from: string): readonly string[] {
  const parts = from.split('/node_modules/');
  const inner = parts.map((_, end) => parts.slice(0, parts.length - end).join('/node_modules/'));
  return [...inner.filter((folder) => folder !== ''), ''].map((folder) =>
    [folder, 'node_modules', name].filter((part) => part !== '').join('/'),
  );
}
