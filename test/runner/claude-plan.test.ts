import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run, touch, writeIn } from './questions.ts';

const world = await openWorld();

const write = () => writeIn(world);

describe('plan mode', () => {
  const options = { permissionMode: 'plan' as const };

  test('refuses every change without a question, allowed tools included', async () => {
    const allowedTools = ['Write', 'Bash(touch *)', 'Bash'];
    const session = await world.start({ options: { ...options, allowedTools } });
    const file = write();
    const sub = { tool: 'Bash', input: { command: `echo x > ${join(world.cwd, 'redirected')}` } };
    await run(session, [
      file.step,
      touch('planned'),
      sub,
      { tool: 'Bash', input: { command: 'ls' } },
    ]);
    expect(await file.exists()).toBe(false);
    expect(session.heard.asked).toEqual([]);
    const results = session.heard.all('tool_result');
    expect(results.map(({ isError }) => isError)).toEqual([true, true, true, false]);
    for (const { text } of results.slice(0, 3))
      expect(text).toContain('This session is in plan mode');
    expect(results[3]?.text).not.toMatch(/planned|redirected/);
  });

  test('ends when the plan is approved: then the allowed tools are allowed', async () => {
    const session = await world.start({ options: { ...options, allowedTools: ['Bash(touch *)'] } });
    const file = write();
    await run(session, [{ tool: 'ExitPlanMode', input: {} }, touch('approved'), file.step]);
    expect(askedFor(session)).toEqual(['ExitPlanMode', 'Write']);
    expect(await file.exists()).toBe(true);
    await access(join(world.cwd, 'approved'));
  });

  /** Where Claude Code tells Claude to write the plan. */
  async function planFileOf(session: TestSession): Promise<string> {
    await run(session, []);
    const told = JSON.stringify(world.api.requests.at(-1)?.body);
    const [file = ''] = /[^\s"\\`]*\/plans\/[^\s"\\`]*?\.md/.exec(told) ?? [];
    return file;
  }

  const askedPlan = ({ heard }: TestSession) => heard.asked[0];

  test('shows the plan that stands in the call, or in the plan file, before it is approved', async () => {
    const called = await world.start({ options });
    await run(called, [{ tool: 'ExitPlanMode', input: { plan: '# Step one' } }]);
    expect(askedPlan(called)?.input).toMatchObject({ plan: '# Step one' });

    const filed = await world.start({ options });
    const file = await planFileOf(filed);
    const content = '# Step two';
    await run(filed, [{ tool: 'Write', input: { file_path: file, content } }]);
    await run(filed, [{ tool: 'ExitPlanMode', input: {} }]);
    expect(askedPlan(filed)?.input).toMatchObject({ plan: content });
  });

  test('is not approved as something else than what was shown: its file may change before the answer', async () => {
    const session = await world.start({ options });
    const file = await planFileOf(session);
    const changes = ['# Changed', undefined];
    session.heard.answer = async () => {
      const change = changes.shift();
      if (change !== undefined) await writeFile(file, change);
      return { decision: 'allow' };
    };
    const exit = { tool: 'ExitPlanMode', input: {} };
    await run(session, [
      { tool: 'Write', input: { file_path: file, content: '# Shown\n' } },
      exit,
      exit,
    ]);
    const plans = session.heard.asked.map(({ input }) => input.plan);
    expect(plans).toEqual(['# Shown\n', '# Changed']);
    const [, refused, approved] = session.heard.all('tool_result');
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('has changed') });
    expect(approved).toMatchObject({ isError: false, text: expect.stringContaining('# Changed') });
  });

  test('is approved as it stands in the call, though a plan file appears before the answer', async () => {
    const session = await world.start({ options });
    const file = await planFileOf(session);
    session.heard.answer = async () => {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, '# Appeared');
      return { decision: 'allow' };
    };
    await run(session, [{ tool: 'ExitPlanMode', input: { plan: '# Shown' } }]);
    const [approved] = session.heard.all('tool_result');
    expect(approved?.text).toContain('# Shown');
    expect(approved?.text).not.toContain('# Appeared');
  });

  test('says so if there is no plan to be shown', async () => {
    const session = await world.start({ options });
    await run(session, [{ tool: 'ExitPlanMode', input: { plan: ' ' } }]);
    expect(askedPlan(session)?.description).toContain('has shown no plan');
  });

  test('takes a plan that was changed', async () => {
    const session = await world.start({ options });
    session.heard.answer = ({ input }) => ({
      decision: 'allow',
      updatedInput: { ...input, plan: '# Something else' },
    });
    await run(session, [{ tool: 'ExitPlanMode', input: { plan: '# Step one' } }]);
    expect(session.heard.all('tool_result')[0]?.text).toContain('# Something else');
  });

  test('is over in the next process too, if that starts in the mode that was reached', async () => {
    const allowedTools = ['Bash(touch *)'];
    const first = await world.start({ options: { ...options, allowedTools } });
    await run(first, [{ tool: 'ExitPlanMode', input: {} }]);
    expect(first.heard.modes).toEqual(['default']);
    await first.run.close();
    const { uuid } = first;
    const again = await world.start({ uuid, options: { permissionMode: 'default', allowedTools } });
    const file = write();
    await run(again, [touch('resumed'), file.step]);
    expect(askedFor(again)).toEqual(['Write']);
    expect(await file.exists()).toBe(true);
    await access(join(world.cwd, 'resumed'));
    expect(again.heard.modes).toEqual([]);
  });

  test('is told of if Claude goes into it by itself, and when it comes back', async () => {
    const session = await world.start({ options: { permissionMode: 'acceptEdits' } });
    const file = write();
    const steps = [{ tool: 'EnterPlanMode', input: {} }, file.step];
    await run(session, steps);
    expect(session.heard.modes).toEqual(['plan']);
    expect(await file.exists()).toBe(false);
    await run(session, [{ tool: 'ExitPlanMode', input: { plan: 'x' } }, file.step]);
    expect(session.heard.modes).toEqual(['plan', 'acceptEdits']);
    expect(await file.exists()).toBe(true);
  });

  test('goes on when the plan is denied', async () => {
    const session = await world.start({ options });
    session.heard.answer = () => ({ decision: 'deny', message: 'think again' });
    const file = write();
    await run(session, [{ tool: 'ExitPlanMode', input: {} }, file.step]);
    expect(askedFor(session)).toEqual(['ExitPlanMode']);
    expect(await file.exists()).toBe(false);
  });
});
