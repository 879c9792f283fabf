/** What a session may and may not do where settings count, beyond what they say. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWorld } from './open-world.ts';

const world = await openWorld();
const config = world.environment.CLAUDE_CONFIG_DIR ?? '';
/** Where Claude Code keeps what belongs to the directory that the sessions work in. */
const projectFolder = join(config, 'projects', world.cwd.replaceAll(/[^a-zA-Z0-9]/g, '-'));

test('a session at the level user remembers what the user does, and writes it; conversations stay closed', async () => {
  await mkdir(join(projectFolder, 'memory'), { recursive: true });
  await writeFile(join(projectFolder, 'memory', 'MEMORY.md'), 'LEFT-BY-ANOTHER');
  const other = await world.start();
  await other.turn([{ text: 'x' }]);
  await other.run.close();
  const session = await world.start({ options: { settings: 'user' } });
  session.heard.answer = () => ({ decision: 'deny', message: 'no' });
  const memory = join(projectFolder, 'memory', 'notes.md');
  const transcript = join(projectFolder, `${other.uuid}.jsonl`);
  await session.turn([
    { tool: 'Write', input: { file_path: memory, content: 'A-NOTE' } },
    { tool: 'Bash', input: { command: `cat ${memory}` } },
    { tool: 'Read', input: { file_path: transcript } },
    { tool: 'Write', input: { file_path: transcript, content: '' } },
    { tool: 'Bash', input: { command: `cat ${transcript}` } },
    { tool: 'Bash', input: { command: `ls ${projectFolder}` } },
    { text: 'x' },
  ]);
  expect(JSON.stringify(world.api.requests.at(-1)?.body)).toContain('LEFT-BY-ANOTHER');
  const results = session.heard.all('tool_result').map(({ isError }) => isError);
  expect(results).toEqual([false, false, true, true, true, true]);
  expect(session.heard.asked).toEqual([]);
});

test('agents of a trusted repository remember there, and not among what is the user’s', async () => {
  const session = await world.start({ options: { settings: 'project' } });
  const files = [
    join(world.cwd, '.claude/agent-memory/reviewer/MEMORY.md'),
    join(config, 'agent-memory/reviewer/MEMORY.md'),
    join(world.cwd, '.claude/launch.json'),
  ];
  await session.turn([
    ...files.map((file_path) => ({ tool: 'Write', input: { file_path, content: '{}' } })),
    { text: 'x' },
  ]);
  const results = session.heard.all('tool_result').map(({ isError }) => isError);
  expect(results).toEqual([false, true, true]);
});

test('no level gives a session timers, other sessions or other worktrees', async () => {
  const session = await world.start({ options: { settings: 'user' } });
  await session.turn([{ text: 'x' }]);
  const told = JSON.stringify(world.api.requests.at(-1)?.body);
  expect(told).toContain('EnterPlanMode');
  expect(told).not.toMatch(/CronCreate|ScheduleWakeup|SendMessage|EnterWorktree/);
});
