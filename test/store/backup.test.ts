import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backUpDatabase } from '../../src/store/sqlite/backup.ts';
import { createIn } from './fixtures.ts';
import { newDirectory, openStore } from './temporary.ts';

async function stateDirectory(): Promise<string> {
  const directory = newDirectory();
  const store = await openStore({ directory });
  await createIn(store);
  await store.close();
  return directory;
}

test('what an interrupted backup has left does not stop the next one to that name', async () => {
  const directory = await stateDirectory();
  const file = join(directory, 'copy');
  backUpDatabase(directory, file);
  rmSync(file);
  for (const left of ['copy.partial', 'copy.partial-journal', 'copy.0000aaaa.partial']) {
    writeFileSync(join(directory, left), 'half a page');
  }
  backUpDatabase(directory, file);
  expect(existsSync(file)).toBe(true);
});

test('a backup that fails leaves nothing behind', async () => {
  const directory = await stateDirectory();
  writeFileSync(join(directory, 'sessions.db'), 'this is my diary');
  expect(() => backUpDatabase(directory, join(directory, 'copy'))).toThrow('could not be made');
  expect(readdirSync(directory).filter((name) => name.startsWith('copy'))).toEqual([]);
});
