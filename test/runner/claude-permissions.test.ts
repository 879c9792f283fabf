import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PermissionAsk, PermissionReply } from '../../src/runner/runner.ts';
import { put } from '../support/marked-repository.ts';
import type { Step } from '../support/messages-api.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run, touch, writeIn } from './questions.ts';

const world = await openWorld();

const write = (content?: string) => writeIn(world, content);

const forTheSession = ({ memory }: PermissionAsk): PermissionReply => ({
  decision: 'allow',
  ...(memory && { remembered: memory.rule }),
});

describe('a question for permission', () => {
  test('that is allowed lets the tool run as it was asked', async () => {
    const session = await world.start();
    const file = write('as asked');
    await run(session, [file.step]);
    expect(session.heard.asked).toMatchObject([{ toolName: 'Write', input: file.step.input }]);
    expect(session.heard.asked[0]?.toolUseId).toBe(session.heard.all('tool_use')[0]?.toolUseId);
    expect(await readFile(file.path, 'utf8')).toBe('as asked');
  });

  test('that is allowed with another input runs with that one', async () => {
    const session = await world.start();
    const asked = write('as asked');
    const instead = write();
    session.heard.answer = () => ({
      decision: 'allow',
      updatedInput: { file_path: instead.path, content: 'as changed' },
    });
    await run(session, [asked.step]);
    expect(await asked.exists()).toBe(false);
    expect(await readFile(instead.path, 'utf8')).toBe('as changed');
  });

  test('that is denied tells Claude why, and the turn goes on', async () => {
    const session = await world.start();
    const file = write();
    session.heard.answer = () => ({ decision: 'deny', message: 'not on a Sunday' });
    await run(session, [file.step]);
    expect(await file.exists()).toBe(false);
    expect(session.heard.all('tool_result')).toMatchObject([
      { isError: true, text: expect.stringContaining('not on a Sunday') },
    ]);
  });

  test('that is denied with an interrupt ends the turn', async () => {
    const session = await world.start();
    session.heard.answer = () => ({ decision: 'deny', message: 'stop', interrupt: true });
    expect(await session.turn([write().step])).toMatchObject({ state: 'interrupted' });
  });

  test('is put once if the answer is remembered: for files inside the directory, and for a command as it stands', async () => {
    const session = await world.start();
    session.heard.answer = forTheSession;
    await run(session, [write().step, write().step, touch('a'), touch('a'), touch('b')]);
    await run(session, [write().step, touch('b')]);
    expect(askedFor(session)).toEqual(['Write', 'Bash', 'Bash']);
  });

  test('is put each time for a protected file, and for one outside of the directory', async () => {
    const session = await world.start();
    session.heard.answer = forTheSession;
    const at = (path: string): Step => ({
      tool: 'Write',
      input: { file_path: join(world.cwd, path), content: 'x' },
    });
    await mkdir(join(world.cwd, '.git/hooks'), { recursive: true });
    const steps = [at('ok'), at('.git/hooks/pre-commit'), at('../home/.bashrc'), at('.mcp.json')];
    await run(session, [...steps, ...steps]);
    expect(askedFor(session)).toHaveLength(7);
    expect(session.heard.asked.filter(({ memory }) => memory !== undefined)).toHaveLength(1);
  });

  test('is put again if what was remembered is not what was asked', async () => {
    const session = await world.start();
    const rule = { kind: 'host', tool: 'WebFetch', host: 'example.com' } as const;
    session.heard.answer = () => ({ decision: 'allow', remembered: rule });
    await run(session, [touch('once'), touch('once')]);
    expect(askedFor(session)).toEqual(['Bash', 'Bash']);
  });

  test('is not put again in a later process that is given what was remembered', async () => {
    const first = await world.start();
    first.heard.answer = forTheSession;
    await run(first, [write().step, touch('r')]);
    await first.run.close();
    const remembered = first.heard.asked.flatMap(({ memory }) => memory?.rule ?? []);
    expect(remembered).toHaveLength(2);
    const again = await world.start({ uuid: first.uuid, remembered });
    await run(again, [write().step, touch('r'), touch('s')]);
    expect(again.heard.asked).toMatchObject([{ input: { command: 'touch s' } }]);
  });

  test("of Claude's own goes to a person, and the answer comes back", async () => {
    const session = await world.start({ options: { allowedTools: ['AskUserQuestion'] } });
    const options = [
      { label: 'left', description: 'l' },
      { label: 'right', description: 'r' },
    ];
    const questions = [{ question: 'Which way?', header: 'way', options, multiSelect: false }];
    session.heard.answer = ({ input }) => ({
      decision: 'allow',
      updatedInput: { ...input, answers: { 'Which way?': 'right' } },
    });
    await run(session, [{ tool: 'AskUserQuestion', input: { questions } }]);
    expect(askedFor(session)).toEqual(['AskUserQuestion']);
    expect(session.heard.asked[0]?.memory).toBeUndefined();
    expect(session.heard.all('tool_result')[0]?.text).toContain('"Which way?"="right"');
  });
});

describe('the allowed tools', () => {
  test('run without a question, by name or by rule', async () => {
    const session = await world.start({ options: { allowedTools: ['Write', 'Bash(touch a*)'] } });
    const file = write();
    await run(session, [file.step, touch('abc'), touch('b')]);
    expect(await file.exists()).toBe(true);
    expect(session.heard.asked).toMatchObject([{ input: { command: 'touch b' } }]);
  });

  test('may name a program by its path', async () => {
    const session = await world.start({
      options: { allowedTools: ['Bash(/usr/bin/env touch *)'] },
    });
    session.heard.answer = () => ({ decision: 'deny', message: 'no' });
    await run(session, [
      { tool: 'Bash', input: { command: '/usr/bin/env touch by-path' } },
      touch('other'),
    ]);
    expect(session.heard.asked).toMatchObject([{ input: { command: 'touch other' } }]);
  });

  test('do not cover what decides what runs later', async () => {
    const session = await world.start({ options: { allowedTools: ['Write', 'Bash'] } });
    session.heard.answer = () => ({ decision: 'deny', message: 'no' });
    const names = ['.claude/settings.json', '.mcp.json', '.git/hooks/pre-commit'];
    const files = names.map((name) => join(world.cwd, name));
    const writes = files.map((file_path) => ({
      tool: 'Write',
      input: { file_path, content: '{}' },
    }));
    const command = 'echo {} > .claude/settings.local.json';
    await run(session, [...writes, { tool: 'Bash', input: { command } }, touch('allowed')]);
    const asked = session.heard.asked.map(({ input }) => input.file_path ?? input.command);
    expect(asked).toEqual([...files, command]);
  });

  test('do not cover what a rule of the settings says to ask about, each time', async () => {
    const workingDirectory = join(world.directory, 'asking');
    const permissions = { ask: ['Bash(touch *)'] };
    put(workingDirectory, { '.claude/settings.json': JSON.stringify({ permissions }) });
    const options = { workingDirectory, settings: 'project', allowedTools: ['Bash'] } as const;
    const session = await world.start({ options });
    await run(session, [touch('x'), touch('x'), { tool: 'Bash', input: { command: 'mkdir y' } }]);
    expect(session.heard.asked).toMatchObject([
      { input: { command: 'touch x' } },
      { input: { command: 'touch x' } },
    ]);
    expect(session.heard.asked.map(({ memory }) => memory)).toEqual([undefined, undefined]);
  });

  test('are all that runs in the mode that asks nobody', async () => {
    const options = { permissionMode: 'dontAsk' as const, allowedTools: ['Write', 'Bash(echo *)'] };
    const session = await world.start({ options });
    const file = write();
    await run(session, [
      file.step,
      { tool: 'Bash', input: { command: 'echo x' } },
      touch('denied'),
    ]);
    expect(await file.exists()).toBe(true);
    expect(session.heard.asked).toEqual([]);
    expect(session.heard.all('tool_result').map(({ isError }) => isError)).toEqual([
      false,
      false,
      true,
    ]);
    expect(session.heard.all('notice')).toMatchObject([
      { text: 'Claude Code itself denied the use of Bash.' },
    ]);
  });

  test('never include those that reach past the session', async () => {
    const session = await world.start({ options: { disallowedTools: ['WebSearch'] } });
    await run(session, []);
    const offered = world.api.requests.at(-1)?.body?.tools?.map(({ name }) => name) ?? [];
    expect(offered).toContain('Bash');
    const gone = 'WebSearch CronCreate ScheduleWakeup SendMessage EnterWorktree Workflow'.split(
      ' ',
    );
    expect(offered.filter((name) => gone.includes(name))).toEqual([]);
  });
});

test('in acceptEdits mode files are edited without a question', async () => {
  const session = await world.start({ options: { permissionMode: 'acceptEdits' } });
  const file = write();
  await run(session, [file.step]);
  expect(await file.exists()).toBe(true);
  expect(session.heard.asked).toEqual([]);
});

test('in bypassPermissions mode nothing is asked, where the operator calls the place a sandbox', async () => {
  const runner = world.runner({ environment: { IS_SANDBOX: '1' } });
  const session = await world.start({ options: { permissionMode: 'bypassPermissions' } }, runner);
  const file = write();
  await run(session, [file.step, touch('bypassed')]);
  expect(await file.exists()).toBe(true);
  expect(session.heard.asked).toEqual([]);
});
