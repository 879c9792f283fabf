/** A small project with something to do in it. */

import { mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type SampleProject = {
  /** Holds everything of the demo; deleted at its end. */
  readonly scratch: string;
  readonly directory: string;
  readonly stateDirectory: string;
  readonly task: string;
};

const PRICE_JS = `// Prices are in cents.
export function total(items) {
  return items.reduce((sum, item) => sum + item.price, 0);
}
`;

export const FIXED_PRICE_JS = PRICE_JS.replace('item.price', 'item.price * item.quantity');

export async function makeSampleProject(): Promise<SampleProject> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'claude-sessions-demo-')));
  const directory = join(scratch, 'shop');
  await mkdir(directory);
  await writeFile(join(directory, 'price.js'), PRICE_JS);
  await writeFile(join(directory, 'TODO.md'), '- total() in price.js ignores item.quantity\n');
  return {
    scratch,
    directory,
    stateDirectory: join(scratch, 'state'),
    task:
      'Read TODO.md and price.js, fix what TODO.md asks for in price.js, and write CHANGES.md with one line about it. ' +
      'Then answer with one sentence.',
  };
}

/** What is missing of the work, or undefined. */
export async function sampleProblem(project: SampleProject): Promise<string | undefined> {
  const price = await readFile(join(project.directory, 'price.js'), 'utf8');
  if (!price.includes('quantity')) return 'price.js was not changed';
  const changes = await readFile(join(project.directory, 'CHANGES.md'), 'utf8').catch(() => '');
  return changes.trim() === '' ? 'CHANGES.md was not written' : undefined;
}
