/** All that is written below a directory. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '../../src/looks.ts';

type TextFile = { readonly name: string; readonly text: string };

/** Every file below a directory, byte by byte as text. What a program that still runs removes meanwhile is left out. */
export async function filesBelow(directory: string): Promise<TextFile[]> {
  const entries = (await ifThere(readdir(directory, { withFileTypes: true }))) ?? [];
  const found = await Promise.all(
    entries.map(async (entry): Promise<TextFile[]> => {
      const { name } = entry;
      const path = join(directory, name);
      if (entry.isDirectory()) return filesBelow(path);
      const text = entry.isFile() ? await ifThere(readFile(path, 'latin1')) : undefined;
      return text === undefined ? [] : [{ name, text }];
    }),
  );
  return found.flat();
}
