import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { World } from './world.ts';

type Check = { name: string; status: string; detail: string; hint?: string };

/** What doctor says about roots and trust. */
async function checksOf(world: World, ...words: string[]): Promise<Check[]> {
  const environment = { CLAUDE_CONFIG_DIR: world.scratch, PATH: process.env.PATH };
  const argv = ['doctor', '--root', world.scratch, ...words];
  const { checks } = await world.json(argv, { environment });
  return checks.filter(({ name }: Check) => name === 'root' || name === 'trust');
}

function record(world: World, text: string): void {
  writeFileSync(join(world.scratch, '.claude.json'), text);
}

test('doctor says what was trusted in Claude Code, and which file says it', async () => {
  const world = new World();
  const file = join(world.scratch, '.claude.json');
  expect(await checksOf(world)).toEqual([
    { name: 'root', status: 'ok', detail: `${world.scratch} (trust: memory)` },
    {
      name: 'trust',
      status: 'ok',
      detail: `none in ${file}: run \`claude\` in a repository once to trust it`,
    },
  ]);
  record(
    world,
    JSON.stringify({ projects: { [world.scratch]: { hasTrustDialogAccepted: true } } }),
  );
  expect(await checksOf(world)).toMatchObject([
    { detail: `${world.scratch} (trust: user)` },
    { status: 'ok', detail: `1 directory in ${file}, for clients on stdio` },
  ]);
  expect(await checksOf(world, '--trust', 'none')).toMatchObject([
    { detail: `${world.scratch} (trust: memory)` },
    { status: 'ok', detail: 'what you have trusted in Claude Code does not count' },
  ]);
  record(world, '{');
  expect(await checksOf(world)).toMatchObject([
    { detail: `${world.scratch} (trust: memory)` },
    { status: 'warn', detail: expect.stringContaining(file), hint: expect.any(String) },
  ]);
});

test('doctor shows each directory of --trust, and whether its allow rules count', async () => {
  const world = new World();
  const [known, other] = [join(world.scratch, 'known'), join(world.scratch, 'other')];
  for (const folder of [known, other]) {
    mkdirSync(folder);
    execFileSync('git', ['init', '-q', folder]);
  }
  record(world, JSON.stringify({ projects: { [known]: { hasTrustDialogAccepted: true } } }));
  const trust = [known, `${other}=project`, `${world.scratch}=none`].flatMap((value) => [
    '--trust',
    value,
  ]);
  expect((await checksOf(world, ...trust)).map(({ status, detail }) => [status, detail])).toEqual([
    ['ok', `${world.scratch} (trust: none)`],
    ['ok', expect.stringMatching(/^1 directory in /)],
    ['ok', `${known}: user`],
    ['ok', `${other}: project; its allow rules count only once you have run \`claude\` there`],
    ['ok', `${world.scratch}: none`],
  ]);
});

test.each([
  ['/missing', /\/missing is not an existing directory$/],
  ['/usr', /\/usr is outside the roots/],
  ['/usr=all', /all is not a level: expected one of none/],
])('doctor fails for --trust %s, with which no server would start', async (value, expected) => {
  const [, , check] = await checksOf(new World(), '--trust', value);
  expect(check).toEqual({
    name: 'trust',
    status: 'fail',
    detail: expect.stringMatching(expected),
    hint: 'no server starts like this: correct --trust.',
  });
});
