import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeScriptedClaude } from '../support/program.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

async function makePlace(name: string): Promise<string> {
  const workingDirectory = join(world.directory, name);
  await mkdir(workingDirectory);
  return workingDirectory;
}

describe('the directory of a run', () => {
  test('that is replaced while Claude Code starts is not worked in', async () => {
    const workingDirectory = await makePlace('swapped-at-start');
    const scripted = await makeScriptedClaude(world.directory);
    const claudePath = join(world.directory, 'swaps');
    const swap = `mv "${workingDirectory}" "${workingDirectory}-moved" && ln -s / "${workingDirectory}"`;
    await writeFile(claudePath, `#!/bin/sh\n${swap}\nexec "${scripted}" "$@"\n`, { mode: 0o755 });
    const started = world.start({ options: { workingDirectory } }, world.runner({ claudePath }));
    await expect(started).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('moved or replaced'),
      retryable: true,
    });
  });

  test.each([
    ['has become a link to elsewhere', (path: string) => symlink('/', path)],
    ['is another one by the same name', (path: string) => mkdir(path)],
    ['is gone', async () => {}],
  ])('that %s is not given another prompt by a warm process', async (what, replace) => {
    const workingDirectory = await makePlace(what.replaceAll(' ', '-'));
    const claudePath = await makeScriptedClaude(world.directory);
    const session = await world.start(
      { options: { workingDirectory } },
      world.runner({ claudePath }),
    );
    await session.turn('hello');
    expect(await session.run.isCurrent()).toBe(true);
    await rename(workingDirectory, `${workingDirectory}-before`);
    await replace(workingDirectory);
    expect(await session.run.isCurrent()).toBe(false);
    await session.run.close();
    await rm(workingDirectory, { recursive: true, force: true });
  });

  test('that was replaced by a link after its trust was decided gets nothing of that trust', async () => {
    const [trusted, other] = [await makePlace('trusted'), await makePlace('other')];
    await rm(trusted, { recursive: true });
    await symlink(other, trusted);
    const options = { workingDirectory: trusted, settings: 'user' } as const;
    await expect(world.start({ options })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('moved or replaced'),
    });
  });

  test('is worked in by its real path', async () => {
    const real = await makePlace('real');
    const link = join(world.directory, 'link');
    await symlink(real, link);
    const session = await world.start({ options: { workingDirectory: link } });
    await rm(link);
    await symlink('/', link);
    session.heard.answer = () => ({ decision: 'allow' });
    await session.turn([{ tool: 'Bash', input: { command: 'pwd > here' } }, { text: 'done' }]);
    expect(await readFile(join(real, 'here'), 'utf8')).toBe(`${real}\n`);
  });
});
