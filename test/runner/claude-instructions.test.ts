import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claudeBinary } from '../support/claude-env.ts';
import { put, wordsIn } from '../support/marked-repository.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();
const outside = join(world.directory, 'outside');
const NAMES = ['CLAUDE.md', 'rules/secret.md', 'plain.md'];
put(outside, Object.fromEntries(NAMES.map((name) => [name, `MARK-secret ${name}`])));

/** A directory for one session, with these files and links. */
async function place(
  name: string,
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  const directory = join(world.directory, name);
  await mkdir(directory);
  put(directory, files);
  for (const [link, target] of Object.entries(links)) {
    await mkdir(dirname(join(directory, link)), { recursive: true });
    await symlink(target, join(directory, link));
  }
  return directory;
}

async function startIn(workingDirectory: string, claudePath?: string): Promise<TestSession> {
  const options = { workingDirectory, settings: 'memory' } as const;
  return await world.start({ options }, world.runner({ claudePath }));
}

/** The marks in the requests of a session that reads a file there. */
async function wordsOf(session: TestSession, file?: string): Promise<readonly string[]> {
  const read = file === undefined ? [] : [{ tool: 'Read', input: { file_path: file } }];
  await session.turn([...read, { text: 'end' }]);
  const own = ({ body }: (typeof world.api.requests)[number]) =>
    body?.metadata?.user_id?.includes(session.uuid);
  return wordsIn(world.api.requests.filter(own).map(({ body }) => body));
}

const KNOWN = { '.claude/rules/known.md': 'MARK-known\n@../../linked.md' };

describe('the instructions of a directory that is not trusted', () => {
  test.each(['CLAUDE.md', '.claude/CLAUDE.md'])(
    'are not what a link at %s leads to outside of it',
    async (name) => {
      const links = {
        [name]: join(outside, 'plain.md'),
        '.claude/rules/linked.md': join(outside, 'plain.md'),
        '.claude/rules/folder': join(outside, 'rules'),
        'linked.md': join(outside, 'plain.md'),
      };
      const directory = await place(`link-${name.length}`, KNOWN, links);
      expect(await wordsOf(await startIn(directory))).toEqual(['known']);
    },
  );

  test('are not in a folder .claude that is a link out of it, nor behind a link to a link', async () => {
    const links = {
      '.claude': outside,
      'hop.md': join(outside, 'plain.md'),
      'CLAUDE.md': 'hop.md',
    };
    const directory = await place('folder', { 'CLAUDE.local.md': 'MARK-local' }, links);
    expect(await wordsOf(await startIn(directory))).toEqual([]);
  });

  test('are not in a folder of rules that is a link out of it', async () => {
    const files = { 'CLAUDE.md': 'MARK-known' };
    const directory = await place('rules', files, { '.claude/rules': join(outside, 'rules') });
    expect(await wordsOf(await startIn(directory))).toEqual(['known']);
  });

  test('may be links that stay inside it', async () => {
    const files = { 'docs/guide.md': 'MARK-guide', 'docs/more.md': 'MARK-more' };
    const links = { 'CLAUDE.md': 'docs/guide.md', '.claude/CLAUDE.md': '../docs/more.md' };
    expect(await wordsOf(await startIn(await place('inside', files, links)))).toEqual([
      'guide',
      'more',
    ]);
  });

  test.each(['a[b]{c,d}(e)!f', '!a*b?c+(d)@(e)|f', " ä ' b#,$^~"])(
    'follow no link out of a directory of the name %j',
    async (name) => {
      const files = { '.claude/rules/known.md': 'MARK-known' };
      const links = { 'CLAUDE.md': join(outside, 'plain.md') };
      expect(await wordsOf(await startIn(await place(name, files, links)))).toEqual(['known']);
    },
  );

  test('are those of the directory, not those above or below it', async () => {
    const repository = await place('repository', {
      'CLAUDE.md': 'MARK-above',
      'package/CLAUDE.md': 'MARK-known',
      'package/src/CLAUDE.md': 'MARK-below',
      'package/src/file': 'x',
    });
    const session = await startIn(join(repository, 'package'));
    expect(await wordsOf(session, join(repository, 'package/src/file'))).toEqual(['known']);
  });

  test('are not read by a Claude Code that does not know how, and nor is anything else', async () => {
    const claudePath = join(world.directory, 'older-claude');
    const line = `unset CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD; exec '${claudeBinary()}' "$@"`;
    await writeFile(claudePath, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    const directory = await place('older', {
      'CLAUDE.md': 'MARK-text',
      '.claude/skills/skill/SKILL.md': '---\nname: skill\ndescription: MARK-skill\n---\n',
    });
    expect(await wordsOf(await startIn(directory, claudePath))).toEqual([]);
  });

  test('that become a link out of it end the process before the next prompt', async () => {
    const directory = await place('replaced', { 'CLAUDE.md': 'MARK-known' });
    const session = await startIn(directory);
    await session.turn('hello');
    expect(await session.run.isCurrent()).toBe(true);
    await rm(join(directory, 'CLAUDE.md'));
    expect(await session.run.isCurrent()).toBe(true);
    await symlink(join(outside, 'plain.md'), join(directory, 'CLAUDE.md'));
    expect(await session.run.isCurrent()).toBe(false);
    await session.run.close();
    const options = { workingDirectory: directory, settings: 'memory' } as const;
    const again = await world.start({ uuid: session.uuid, options });
    await again.turn('and now');
    const { body } = world.api.requests.at(-1) ?? {};
    expect(JSON.stringify(body)).not.toContain('MARK-secret');
  });

  test('that become a link while Claude Code starts get no prompt', async () => {
    const directory = await place('swapped', { 'CLAUDE.md': 'MARK-known' });
    const claudePath = join(world.directory, 'swapping-claude');
    const line = `ln -sf '${outside}/plain.md' '${directory}/CLAUDE.md'; exec '${claudeBinary()}' "$@"`;
    await writeFile(claudePath, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    await expect(startIn(directory, claudePath)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('CLAUDE.md was moved or replaced'),
    });
  });
});

test.each(['none', 'memory', 'project'] as const)(
  'an additional directory brings nothing along at the level %s',
  async (settings) => {
    const files = { 'CLAUDE.md': 'MARK-own' };
    const directory = await place(`with-${settings}`, files);
    const added = await place(`added-${settings}`, {
      'CLAUDE.md': 'MARK-text',
      '.claude/CLAUDE.md': 'MARK-text',
      '.claude/rules/rule.md': 'MARK-rule',
      '.claude/skills/skill/SKILL.md': '---\nname: skill\ndescription: MARK-skill\n---\n',
      '.claude/commands/command.md': '---\ndescription: MARK-command\n---\n',
      '.claude/agents/agent.md': '---\nname: agent\ndescription: MARK-agent\n---\n',
      file: 'x',
    });
    const options = { workingDirectory: directory, settings, additionalDirectories: [added] };
    const session = await world.start({ options });
    expect(await wordsOf(session, join(added, 'file'))).toEqual(settings === 'none' ? [] : ['own']);
    expect(session.heard.asked).toEqual([]);
  },
);
