import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SessionOptions } from '../../src/session/options.ts';
import { put } from '../support/marked-repository.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();
const config = world.environment.CLAUDE_CONFIG_DIR ?? '';

const SECRET = 'SECRET-CONTENT-OF-A-FILE';
const outside = join(world.directory, 'outside.txt');
await writeFile(outside, SECRET);
const USER_SETTINGS = '{"theme":"dark"}\n';
const command = (body: string, more = '') => `---\ndescription: d\n${more}---\n${body}`;

put(config, {
  'settings.json': USER_SETTINGS,
  'commands/mine.md': command('MINE $ARGUMENTS'),
});
put(world.cwd, {
  '.claude/commands/plain.md': command('PLAIN $ARGUMENTS'),
  '.claude/commands/folder/inner.md': command('INNER $ARGUMENTS'),
  '.claude/commands/Case.md': command('CASE $ARGUMENTS'),
  // Claude Code has its own of these names, and this one is meant.
  '.claude/commands/config.md': command('CONFIG $ARGUMENTS'),
  '.claude/commands/clear.md': command('CLEAR $ARGUMENTS'),
  '.claude/commands/code-review.md': command('REVIEW $ARGUMENTS'),
  '.claude/commands/shell.md': command('SHELL !`touch /no/such/place` $ARGUMENTS'),
  '.claude/skills/skill/SKILL.md': command('SKILL $ARGUMENTS', 'name: skill\n'),
  '.claude/skills/forked/SKILL.md': command('FORKED $ARGUMENTS', 'name: forked\ncontext: fork\n'),
  '.claude/skills/hidden/SKILL.md': command('HIDDEN', 'name: hidden\nuser-invocable: false\n'),
});

const start = (settings: SessionOptions['settings']) => world.start({ options: { settings } });
const lastMessages = () => JSON.stringify(world.api.requests.at(-1)?.body?.messages);
const asJson = (text: string) => JSON.stringify(text).slice(1, -1);

describe('a prompt where the settings of a repository count', () => {
  test('calls its commands and skills, and those of the user', async () => {
    const session = await start('user');
    const calls = {
      '/plain one two': 'PLAIN one two',
      '/plain\nsecond line': 'PLAIN second line',
      '/folder:inner x': 'INNER x',
      '/Case x': 'CASE x',
      '/skill x': 'SKILL x',
      '/mine x': 'MINE x',
      '/config theme=light': 'CONFIG theme=light',
      '/clear x': 'CLEAR x',
      '/code-review x': 'REVIEW x',
      '/plain by bob@example.com': 'PLAIN by bob@example.com',
    };
    for (const [prompt, body] of Object.entries(calls)) {
      expect(await session.turn(prompt), prompt).toMatchObject({ state: 'completed' });
      expect(lastMessages(), prompt).toContain(asJson(body));
    }
    const forked = await session.turn('/forked x');
    expect(forked).toMatchObject({ state: 'completed', result: expect.stringMatching(/^ok: /) });
    expect(await readFile(join(config, 'settings.json'), 'utf8')).toBe(USER_SETTINGS);
  });

  test('reaches the model as written if it calls nothing of theirs, and runs no command of Claude Code', async () => {
    const session = await start('user');
    const texts = [
      '/exit',
      '/model opus',
      '/permissions allow Bash',
      '/add-dir /',
      '/logout',
      '/simplify x',
      '/usage',
      '/case x',
      '/inner x',
      ' /plain x',
      '/plainer x',
      '/no-such-command at all',
      '/etc/hosts has a typo',
      '/hidden x',
      `/no-such-command @${outside}`,
      `look at @${outside}`,
    ];
    for (const text of texts) {
      const outcome = await session.turn(text);
      expect(outcome, text).toMatchObject({ state: 'completed', result: expect.any(String) });
      expect(lastMessages()).toContain(asJson(text));
    }
    for (const { body } of world.api.requests) expect(JSON.stringify(body)).not.toContain(SECRET);
    expect(await readFile(join(config, 'settings.json'), 'utf8')).toBe(USER_SETTINGS);
  });

  test.each([`@${outside}`, `see @"${outside}"`, `(@${outside})`, `。@${outside}`])(
    'is not sent if a command is to read a file: %s',
    async (mention) => {
      const session = await start('project');
      const before = world.api.requests.length;
      expect(await session.turn(`/plain ${mention}`)).toMatchObject({
        state: 'failed',
        error: { code: 'INVALID_REQUEST', hint: expect.stringContaining('without the @') },
      });
      expect(world.api.requests.length).toBe(before);
      expect(await session.turn('and now')).toMatchObject({ state: 'completed' });
    },
  );

  test('fails with the reason if its command cannot be run', async () => {
    const session = await start('project');
    expect(await session.turn('/shell x')).toMatchObject({
      state: 'failed',
      result: expect.stringContaining('permission'),
      error: { code: 'SESSION_NOT_READY', message: expect.stringContaining('did not reach') },
    });
    expect(await session.turn('and now')).toMatchObject({ state: 'completed' });
  });

  test('fails with the reason if a hook refuses it', async () => {
    const hook = { type: 'command', command: 'echo not today >&2; exit 2' };
    const workingDirectory = join(world.directory, 'refusing');
    const settings = { hooks: { UserPromptSubmit: [{ hooks: [hook] }] } };
    put(workingDirectory, { '.claude/settings.json': JSON.stringify(settings) });
    const session = await world.start({ options: { workingDirectory, settings: 'project' } });
    expect(await session.turn('hello')).toMatchObject({
      state: 'failed',
      result: expect.stringContaining('not today'),
      error: { code: 'SESSION_NOT_READY' },
    });
  });
});

test('the commands of the user alone do not count at the level project', async () => {
  const session = await start('project');
  expect(await session.turn('/mine x')).toMatchObject({ result: 'ok: /mine x' });
  expect(await session.turn('/plain x')).toMatchObject({ result: 'ok: PLAIN x' });
});

test.each(['none', 'memory'] as const)('no command counts at the level %s', async (settings) => {
  const session = await start(settings);
  for (const text of ['/plain x', '/mine x', '/skill x', '/config x'])
    expect(await session.turn(text)).toMatchObject({ result: `ok: ${text}` });
});

test('a command that is put into a turn that runs is text', async () => {
  const options = { settings: 'project', allowedTools: ['Bash(sleep *)'] } as const;
  const session = await world.start({ options });
  const turnId = session.prompt([{ tool: 'Bash', input: { command: 'sleep 1' } }, { text: 'end' }]);
  await session.heard.until(() => session.heard.all('tool_use').length > 0);
  session.run.steer('/plain steered');
  await session.heard.outcomeOf(turnId);
  expect(lastMessages()).toContain('/plain steered');
  expect(lastMessages()).not.toContain('PLAIN steered');
});
