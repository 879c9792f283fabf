/** What the tests of permissions have Claude Code do, and what it asks for. */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Step } from '../support/messages-api.ts';
import type { TestSession, World } from './claude-world.ts';

let files = 0;

export type WrittenFile = {
  readonly step: Step;
  readonly path: string;
  readonly exists: () => Promise<boolean>;
};

/** A file of its own in the directory where the sessions work. */
export function writeIn(world: World, content = 'x'): WrittenFile {
  const path = join(world.cwd, `file-${++files}`);
  const step = { tool: 'Write', input: { file_path: path, content } };
  const exists = () =>
    access(path).then(
      () => true,
      () => false,
    );
  return { step, path, exists };
}

export function touch(name: string): Step {
  return { tool: 'Bash', input: { command: `touch ${name}` } };
}

export function askedFor({ heard }: TestSession): string[] {
  return heard.asked.map(({ toolName }) => toolName);
}

/** A turn that does all of that and comes to its end. */
export async function run(session: TestSession, steps: Step[]): Promise<void> {
  const outcome = await session.turn([...steps, { text: 'end' }]);
  expect(outcome).toMatchObject({ state: 'completed', result: 'end' });
}
