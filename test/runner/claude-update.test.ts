import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ChangeableOptions } from '../../src/session/options.ts';
import type { Step } from '../support/messages-api.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run, touch, writeIn } from './questions.ts';

const world = await openWorld(90_000);

/** Asked for each time, so that something can happen in the middle of a turn. */
const PAUSE: Step = { tool: 'Bash', input: { command: 'mkdir -p pause' } };

/** A turn with these steps, in whose pauses these changes come, one in each. */
async function runWith(
  session: TestSession,
  steps: Step[],
  ...changes: readonly ChangeableOptions[]
): Promise<void> {
  const left = [...changes];
  session.heard.answer = async ({ input }) => {
    const change = input.command === PAUSE.input?.command ? left.shift() : undefined;
    if (change !== undefined) await session.run.update(change);
    return { decision: 'allow' };
  };
  await run(session, steps);
}

/** Model and effort of each request of the conversation. */
function requestsOf({ uuid }: TestSession): readonly string[] {
  return world.api.requests.flatMap(({ headers, body }) => {
    if (headers['x-claude-code-session-id'] !== uuid || body?.tools === undefined) return [];
    const { effort } = Object(Reflect.get(body, 'output_config'));
    return `${body.model} ${effort}`;
  });
}

const there = (name: string) =>
  access(join(world.cwd, name)).then(
    () => true,
    () => false,
  );

describe('a change in a running turn', () => {
  test('of the model counts from the next request, of the effort from the next turn, and the process stays', async () => {
    const session = await world.start({ options: { model: 'sonnet', effort: 'low' } });
    await runWith(session, [PAUSE], { model: 'haiku', effort: 'high' });
    await run(session, []);
    const [first, second, third] = requestsOf(session);
    expect(first).toMatch(/sonnet.* low$/);
    // Claude Code keeps the effort for as long as a turn takes.
    expect(second).toMatch(/haiku.* low$/);
    expect(third).toMatch(/haiku.* high$/);
    expect(await session.run.isCurrent()).toBe(true);
    expect(session.heard.all('notice')).toEqual([]);
  });

  test('into plan mode refuses at once what an allowed tool or rule would do', async () => {
    const options = { allowedTools: ['Write', 'Bash(touch *)'] };
    const session = await world.start({ options });
    const [before, after] = [writeIn(world), writeIn(world)];
    const steps = [before.step, touch('early'), PAUSE, after.step, touch('late')];
    await runWith(session, steps, { permissionMode: 'plan' });
    expect([await before.exists(), await there('early')]).toEqual([true, true]);
    expect([await after.exists(), await there('late')]).toEqual([false, false]);
    expect(session.heard.modes).toEqual(['plan']);
    // A plan that is approved gives them back.
    const exit = { tool: 'ExitPlanMode', input: { plan: 'x' } };
    await runWith(session, [exit, after.step, touch('late')]);
    expect([await after.exists(), await there('late')]).toEqual([true, true]);
    expect(session.heard.modes).toEqual(['plan', 'default']);
  });

  test('out of plan mode and to another mode is followed by Claude Code', async () => {
    const session = await world.start({ options: { permissionMode: 'plan' } });
    await session.run.update({ permissionMode: 'acceptEdits' });
    const file = writeIn(world);
    await run(session, [file.step]);
    expect([await file.exists(), askedFor(session)]).toEqual([true, []]);
    await session.run.update({ permissionMode: 'plan' });
    await run(session, [{ tool: 'ExitPlanMode', input: { plan: 'x' } }]);
    // Back to where it came from.
    expect(session.heard.modes).toEqual(['acceptEdits', 'plan', 'acceptEdits']);
    expect(await session.run.isCurrent()).toBe(true);
  });

  test('of the rules allows, asks and denies by the new ones', async () => {
    const options = { allowedTools: ['Bash(touch *)', 'WebFetch'] };
    const session = await world.start({ options });
    const file = writeIn(world);
    const steps = [touch('one'), PAUSE, touch('two'), file.step, PAUSE, touch('three'), file.step];
    const allowedTools = ['Write'];
    const disallowedTools = ['Bash(touch three)', 'Write'];
    await runWith(session, steps, { allowedTools }, { disallowedTools });
    expect(askedFor(session)).toEqual(['Bash', 'Bash', 'Bash']);
    expect(await there('three')).toBe(false);
    const results = session.heard.all('tool_result').map(({ isError }) => isError);
    expect(results).toEqual([false, false, false, false, false, true, true]);
    // So that Claude is not told of the tool any more.
    expect(await session.run.isCurrent()).toBe(false);
  });

  test('to dontAsk denies what no rule allows, and the next process asks nobody from its start', async () => {
    const options = { allowedTools: ['Write'] };
    const session = await world.start({ options });
    const file = writeIn(world);
    await runWith(session, [PAUSE, file.step, touch('nobody')], { permissionMode: 'dontAsk' });
    expect(askedFor(session)).toEqual(['Bash']);
    expect([await file.exists(), await there('nobody')]).toEqual([true, false]);
    expect(await session.run.isCurrent()).toBe(false);
  });

  test('of the timeout counts from the beginning of the turn', async () => {
    const session = await world.start({ options: { timeout: 600_000 } });
    const turnId = session.prompt([{ hang: 'headers' }]);
    await world.api.waitForRequest(
      ({ headers }) => headers['x-claude-code-session-id'] === session.uuid,
    );
    await session.run.update({ timeout: 1 });
    const { state, error } = await session.heard.outcomeOf(turnId);
    expect([state, error?.code]).toEqual(['failed', 'LIMIT_EXCEEDED']);
    expect(error?.message).toContain('the 1 ms');
  });
});

describe('what only a new process can go by', () => {
  test.each([
    [{ permissionMode: 'bypassPermissions' }, 'bypassed from the next turn'],
    [{ maxBudgetUsd: 5 }, 'maxBudgetUsd counts from the next turn'],
    [{ disallowedTools: [] }, 'no longer disallowed'],
  ] as const)('is said in a running turn: %j', async (change, text) => {
    const session = await world.start({ options: { disallowedTools: ['WebFetch'] } });
    await runWith(session, [PAUSE, touch('asked')], change);
    expect(session.heard.all('notice').map((notice) => notice.text)).toEqual([
      expect.stringContaining(text),
    ]);
    expect(askedFor(session)).toEqual(['Bash', 'Bash']);
    expect(await session.run.isCurrent()).toBe(false);
  });

  test('is silent between turns', async () => {
    const session = await world.start();
    await run(session, []);
    await session.run.update({ maxBudgetUsd: 5 });
    expect(session.heard.all('notice')).toEqual([]);
    expect(await session.run.isCurrent()).toBe(false);
  });

  test('is who can be asked: out of dontAsk, nothing is written in plan mode, and the rules count', async () => {
    const options = { permissionMode: 'dontAsk', allowedTools: ['Bash', 'Write'] } as const;
    const session = await world.start({ options });
    await session.run.update({ permissionMode: 'plan' });
    const file = writeIn(world);
    await run(session, [file.step, touch('silent')]);
    expect([await file.exists(), await there('silent')]).toEqual([false, false]);
    await session.run.update({ permissionMode: 'default' });
    await run(session, [file.step]);
    expect(await file.exists()).toBe(true);
    expect(await session.run.isCurrent()).toBe(false);
  });
});

describe('plan mode that Claude goes into by itself', () => {
  test('takes the rules with a pattern away, too, until it is over', async () => {
    const session = await world.start({ options: { allowedTools: ['Bash(touch *)'] } });
    const list = { tool: 'Bash', input: { command: 'ls' } };
    await run(session, [{ tool: 'EnterPlanMode', input: {} }, touch('hidden'), list]);
    expect(await there('hidden')).toBe(false);
    expect(session.heard.all('tool_result').map(({ isError }) => isError)).toEqual([
      false,
      true,
      false,
    ]);
    await run(session, [{ tool: 'ExitPlanMode', input: { plan: 'x' } }, touch('hidden')]);
    expect(await there('hidden')).toBe(true);
    expect(askedFor(session)).toEqual(['ExitPlanMode']);
  });
});

test('a rule whose path begins with a slash counts from the directory of the session', async () => {
  await mkdir(join(world.cwd, 'src'), { recursive: true });
  const session = await world.start({ options: { allowedTools: ['Edit(/src/**)'] } });
  const write = (name: string): Step => ({
    tool: 'Write',
    input: { file_path: join(world.cwd, name), content: 'x' },
  });
  await run(session, [write('src/inside'), write('outside')]);
  expect(session.heard.asked.map(({ input }) => input.file_path)).toEqual([
    join(world.cwd, 'outside'),
  ]);
});

test('a model that the API does not know is not taken in a running turn, and fails the next one', async () => {
  const session = await world.start();
  await runWith(session, [PAUSE], { model: 'missing-model' });
  expect(session.heard.all('notice').map(({ text }) => text)).toEqual([
    expect.stringContaining('did not take the new model'),
  ]);
  expect(await session.run.isCurrent()).toBe(false);
  const { uuid } = session;
  await session.run.close();
  const next = await world.start({ uuid, options: { model: 'missing-model' } });
  const { state, error } = await next.turn('go');
  expect([state, error?.code]).toEqual(['failed', 'INVALID_REQUEST']);
  expect(error?.message).toContain("does not know the session's model");
});

test('a model that does not exist fails the turn, and the next one may have another', async () => {
  const session = await world.start();
  const missing = { status: 404, type: 'not_found_error', message: 'model: x' };
  await run(session, []);
  await session.run.update({ model: 'no-such-model' });
  const { state, error } = await session.turn([missing]);
  expect([state, error?.code, error?.retryable]).toEqual(['failed', 'INVALID_REQUEST', false]);
  expect(error?.hint).toContain('update_session');
  await session.run.update({ model: 'haiku' });
  await run(session, []);
  expect(requestsOf(session).map((request) => request.split(' ')[0])).toEqual(
    expect.arrayContaining(['no-such-model', expect.stringContaining('haiku')]),
  );
});
