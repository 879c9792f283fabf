import type { HookInput, PermissionMode } from '@anthropic-ai/claude-agent-sdk';
import { expect, test } from 'vitest';
import { planGuard } from '../../src/runner/plan-guard.ts';

const BASE = { session_id: 's', transcript_path: '/t', cwd: '/work' };

function use(tool_name: string, tool_input: unknown = {}, permission_mode?: string): HookInput {
  const call = { hook_event_name: 'PreToolUse' as const, tool_name, tool_input, tool_use_id: 't' };
  return { ...BASE, ...call, permission_mode };
}

const EXPANSION: HookInput = {
  ...BASE,
  hook_event_name: 'UserPromptExpansion',
  expansion_type: 'slash_command',
  command_name: 'deploy',
  command_args: '',
  prompt: '/deploy',
};

/** A guard, and what it did to shell commands in skills. */
function guard(given: { mode: PermissionMode; canSet?: boolean }) {
  const { canSet = true } = given;
  const set: boolean[] = [];
  const failures: unknown[] = [];
  const hook = planGuard({
    isPlan: () => given.mode === 'plan',
    configurations: ['/home/me/.claude', '/real/.claude'],
    runShells: async (may) => {
      if (!canSet) throw new Error('gone');
      set.push(may);
    },
    failed: (error) => failures.push(error),
  });
  const ask = (input: HookInput) =>
    hook(input, undefined, { signal: new AbortController().signal });
  return { ask, set, failures, given };
}

const DENIED = { hookSpecificOutput: { permissionDecision: 'deny' } };

test.each([
  ['/home/me/.claude/plans/a.md', true],
  ['/real/.claude/plans/a.md', true],
  ['/home/me/.claude/plans/a.json', false],
  ['/home/me/.claude/plans/deeper/a.md', false],
  ['/home/me/.claude/plans/../CLAUDE.md', false],
  ['/home/me/.claude/plans-too/a.md', false],
  ['plans/a.md', false],
  [7, false],
])('in plan mode, the file %j may be written: %j', async (file_path, may) => {
  const { ask } = guard({ mode: 'plan' });
  for (const tool of ['Write', 'Edit']) {
    const answer = await ask(use(tool, { file_path }));
    if (may) expect(answer).toEqual({});
    else expect(answer).toMatchObject(DENIED);
  }
});

test('a tool of an MCP server, one without input, and one that nobody knows are denied in plan mode', async () => {
  const { ask } = guard({ mode: 'plan' });
  expect(await ask(use('mcp__files__read'))).toMatchObject(DENIED);
  expect(await ask(use('Bash', null))).toMatchObject(DENIED);
  expect(await ask(use('NewTool'))).toMatchObject(DENIED);
});

test('the mode of the call counts as well as that of the session', async () => {
  const { ask } = guard({ mode: 'default' });
  expect(await ask(use('Bash'))).toEqual({});
  expect(await ask(use('Bash', {}, 'plan'))).toMatchObject(DENIED);
  const planning = guard({ mode: 'plan' });
  expect(await planning.ask(use('Bash', {}, 'acceptEdits'))).toMatchObject(DENIED);
});

test('shells in skills and commands are left out while plan mode lasts, and set only when that changes', async () => {
  const { ask, set, given } = guard({ mode: 'default' });
  await ask(use('Skill'));
  expect(set).toEqual([]);
  given.mode = 'plan';
  await ask(EXPANSION);
  await ask(use('Skill'));
  given.mode = 'default';
  await ask(use('Read'));
  await ask(use('Skill'));
  await ask(EXPANSION);
  expect(set).toEqual([false, true]);
});

test('a skill or a command is refused if they cannot be left out', async () => {
  const { ask, failures } = guard({ mode: 'plan', canSet: false });
  expect(await ask(use('Skill'))).toMatchObject(DENIED);
  expect(await ask(EXPANSION)).toMatchObject({ decision: 'block' });
  expect(failures).toHaveLength(2);
  expect(await ask(use('Read'))).toEqual({});
});
