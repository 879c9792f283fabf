/** Plan mode where the rules of a repository count. */

import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put } from '../support/marked-repository.ts';
import { script } from '../support/messages-api.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run, touch } from './questions.ts';

const world = await openWorld();
const config = world.environment.CLAUDE_CONFIG_DIR ?? '';
const options = { permissionMode: 'plan', settings: 'user' } as const;
const APPROVE = { tool: 'ExitPlanMode', input: { plan: '# A plan' } };

put(config, {
  '.claude.json': JSON.stringify({ projects: { [world.cwd]: { hasTrustDialogAccepted: true } } }),
});
put(world.cwd, {
  '.claude/settings.json': JSON.stringify({
    permissions: { allow: ['Bash(touch *)', 'Write', 'Edit', 'Skill'], defaultMode: 'acceptEdits' },
    plansDirectory: 'plans-of-the-repository',
  }),
  '.claude/settings.local.json': JSON.stringify({ disableAllHooks: true }),
  '.claude/commands/shell.md':
    '---\ndescription: d\nallowed-tools: Bash(touch:*)\n---\nSHELL !`touch by-command`',
  '.claude/skills/shell-skill/SKILL.md':
    '---\nname: shell-skill\ndescription: d\nallowed-tools: Bash(touch:*)\n---\nSKILL !`touch by-skill`',
  '.claude/agents/writer.md':
    '---\nname: writer\ndescription: d\npermissionMode: acceptEdits\n---\nYou write.',
});
const before = await readdir(world.cwd);

const write = (file_path: string, content = 'x') => ({
  tool: 'Write',
  input: { file_path, content },
});
const skill = { tool: 'Skill', input: { skill: 'shell-skill' } };
const exists = (name: string) =>
  access(join(world.cwd, name)).then(
    () => true,
    () => false,
  );
const results = ({ heard }: TestSession) =>
  heard.all('tool_result').map(({ isError, text }) => (isError ? text : 'done'));

test('writes nothing before the plan is approved, whatever the rules allow', async () => {
  const session = await world.start({ options });
  const agent = script([touch('by-agent'), write(join(world.cwd, 'by-agent-too'))]);
  await run(session, [
    touch('by-rule'),
    write(join(world.cwd, 'written')),
    write(join(config, 'settings.json'), '{}'),
    write(join(config, 'plans', '..', 'CLAUDE.md')),
    skill,
    { tool: 'TodoWrite', input: { todos: [] } },
    { tool: 'Agent', input: { description: 'd', prompt: agent, subagent_type: 'writer' } },
  ]);
  expect(await session.turn('/shell')).toMatchObject({ state: 'completed' });
  expect(await readdir(world.cwd)).toEqual(before);
  expect(await readdir(config)).not.toContain('settings.json');
  expect(askedFor(session)).toEqual([]);
  const texts = results(session);
  for (const text of texts.slice(0, 4)) expect(text).toContain('This session is in plan mode');
  expect(texts[4]).toBe('done');
  const requests = JSON.stringify(world.api.requests.map(({ body }) => body));
  expect(requests).toContain('SKILL [shell command execution disabled by policy]');
  expect(requests).toContain('SHELL [shell command execution disabled by policy]');
});

test('lets Claude write its plan, and all that the rules allow once that is approved', async () => {
  const session = await world.start({ options });
  await run(session, []);
  const told = JSON.stringify(world.api.requests.at(-1)?.body);
  const [plan = ''] = /[^\s"\\`]*\/plans\/[^\s"\\`]*?\.md/.exec(told) ?? [];
  await run(session, [write(plan, '# Step one')]);
  expect(await readFile(plan, 'utf8')).toBe('# Step one');
  await run(session, [
    { tool: 'ExitPlanMode', input: {} },
    touch('after'),
    write(join(world.cwd, 'after-too')),
    skill,
  ]);
  expect(session.heard.asked.map(({ input }) => input.plan)).toEqual(['# Step one']);
  expect(await session.turn('/shell')).toMatchObject({ state: 'completed' });
  for (const name of ['after', 'after-too', 'by-skill', 'by-command'])
    expect.soft(await exists(name), name).toBe(true);
});

test('that Claude goes into by itself is plan mode as well', async () => {
  const session = await world.start({ options: { ...options, permissionMode: 'default' } });
  await run(session, [touch('one'), { tool: 'EnterPlanMode', input: {} }, touch('two')]);
  expect([await exists('one'), await exists('two')]).toEqual([true, false]);
  await run(session, [APPROVE, touch('three')]);
  expect(await exists('three')).toBe(true);
});

test('is what the session was given, though the repository names another mode', async () => {
  const session = await world.start({ options });
  await run(session, []);
  const acting = await world.start({ options: { settings: 'user' } });
  await run(acting, []);
  expect([session.heard.modes, acting.heard.modes]).toEqual([[], []]);
});
