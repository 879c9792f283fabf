/** Agents that are given the text of a skill before they begin, where the configuration of a repository counts. */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put } from '../support/marked-repository.ts';
import { script } from '../support/messages-api.ts';
import { openWorld } from './open-world.ts';
import { run } from './questions.ts';

const world = await openWorld();
const EARLY = 'before the plan is approved';

put(world.cwd, {
  '.claude/agents/prepared.md':
    '---\nname: prepared\ndescription: d\nskills: [with-shell]\n---\nAn agent.',
  '.claude/skills/with-shell/SKILL.md':
    '---\nname: with-shell\ndescription: d\nallowed-tools: Bash(touch:*)\n---\nSKILL !`touch by-agent`',
});
const agent = (words: string) => ({
  tool: 'Agent',
  input: {
    description: 'd',
    subagent_type: 'prepared',
    run_in_background: false,
    prompt: script([{ text: 'done' }], words),
  },
});
/** What the agent was told with its prompt. */
const told = (words: string) =>
  JSON.stringify(
    world.api.requests
      .map(({ body }) => body?.messages)
      .filter((messages) => JSON.stringify(messages).includes(words)),
  );

test('run no shell command of it in plan mode, and do once the plan is approved', async () => {
  const options = { permissionMode: 'plan', settings: 'project' } as const;
  const session = await world.start({ options });
  await run(session, [agent(EARLY)]);
  expect(told(EARLY)).toContain('SKILL [shell command execution disabled by policy]');
  await expect(access(join(world.cwd, 'by-agent'))).rejects.toThrow('ENOENT');
  await run(session, [{ tool: 'ExitPlanMode', input: { plan: '# A plan' } }, agent('later')]);
  await access(join(world.cwd, 'by-agent'));
});
