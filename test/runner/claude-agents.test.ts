import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Step, script } from '../support/messages-api.ts';
import { lacksProc } from '../support/needs.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run, touch, writeIn } from './questions.ts';

const world = await openWorld();

const reviewer = { description: 'Reviews a diff.', prompt: 'You review like a hawk.' };

/** Has the agent do that, and waits until it has. */
async function delegate(session: TestSession, steps: Step[], agent = 'reviewer'): Promise<void> {
  const prompt = script([...steps, { text: 'reviewed' }]);
  const input = { description: 'review', subagent_type: agent, prompt, run_in_background: false };
  await run(session, [{ tool: 'Agent', input }]);
}

/** The requests of subagents. */
function requestsOfAgents() {
  return world.api.requests.filter(({ headers }) => headers['x-claude-code-agent-id']);
}

describe('a subagent of the caller', () => {
  test('is offered, and runs with its own prompt and model', async () => {
    const agents = { reviewer: { ...reviewer, model: 'claude-haiku-4-5' } };
    const session = await world.start({ options: { agents } });
    await delegate(session, []);
    const [offer, ...others] = world.api.requests.filter(
      ({ headers }) => headers['x-claude-code-session-id'] === session.uuid,
    );
    expect(JSON.stringify(offer?.body)).toContain('Reviews a diff.');
    expect(others.length).toBeGreaterThan(0);
    const own = requestsOfAgents().at(-1)?.body;
    expect(own?.model).toContain('haiku');
    expect(JSON.stringify(own?.system)).toContain('You review like a hawk.');
    expect(JSON.stringify(offer?.body)).not.toContain('like a hawk');
  });

  test('has no more rights than the session: its tools are limits, and it asks', async () => {
    const agents = { reviewer: { ...reviewer, tools: ['Bash', 'Write'] } };
    const session = await world.start({ options: { agents, disallowedTools: ['Write'] } });
    session.heard.answer = () => ({ decision: 'deny', message: 'no' });
    const file = writeIn(world);
    await delegate(session, [touch('by-agent'), file.step]);
    expect(askedFor(session)).toEqual(['Bash']);
    expect(readdirSync(world.cwd)).not.toContain('by-agent');
    expect(await file.exists()).toBe(false);
    const offered = requestsOfAgents()
      .at(-1)
      ?.body?.tools?.map(({ name }) => name);
    expect(offered).toEqual(['Bash']);
  });

  test('writes nothing in plan mode', async () => {
    const agents = { reviewer: { ...reviewer, tools: ['Bash'] } };
    const session = await world.start({ options: { agents, permissionMode: 'plan' } });
    await delegate(session, [touch('planned-by-agent')]);
    expect(readdirSync(world.cwd)).not.toContain('planned-by-agent');
  });

  test.skipIf(lacksProc)('may be long, and is not in the list of processes', async () => {
    const prompt = `You are thorough. ${'x'.repeat(200_000)}`;
    const session = await world.start({
      options: { agents: { reviewer: { ...reviewer, prompt } } },
    });
    const lines = (await session.processes()).map((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    );
    expect(lines.join()).toContain('stream-json');
    expect(lines.join()).not.toContain('reviewer');
    await delegate(session, []);
    expect(JSON.stringify(requestsOfAgents().at(-1)?.body?.system)).toContain(
      'You are thorough. xxx',
    );
  });
});

test('nothing of a definition but what may be chosen reaches Claude Code', async () => {
  // As a log could hold it that somebody has changed.
  const wider = { ...reviewer, permissionMode: 'acceptEdits' };
  const session = await world.start({ options: { agents: { reviewer: wider } } });
  session.heard.answer = () => ({ decision: 'deny', message: 'no' });
  const file = writeIn(world);
  await delegate(session, [file.step]);
  expect(askedFor(session)).toEqual(['Write']);
  expect(await file.exists()).toBe(false);
});
