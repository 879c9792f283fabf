import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is a folder or inside it. Both must be real paths, so that no link leads out. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
