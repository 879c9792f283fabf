import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { script } from '../support/messages-api.ts';
import { makeScriptedClaude } from '../support/program.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();
const config = world.environment.CLAUDE_CONFIG_DIR ?? '';

/** Content of files that no tool of any session here reads. */
const SECRET = 'SECRET-CONTENT-OF-A-FILE';
const SETTINGS = '{"theme":"dark","permissions":{"allow":["Read"]}}\n';
await writeFile(join(config, 'settings.json'), SETTINGS);
await writeFile(join(world.cwd, 'inside.txt'), SECRET);
const outside = join(world.directory, 'outside.txt');
const spaced = join(world.directory, 'out side.txt');
for (const path of [outside, spaced]) await writeFile(path, SECRET);

/** Every way to mention a file; in the session's directory and outside of it. */
const mentions = `@inside.txt @./inside.txt#L1-2 @${outside} @"${spaced}", @../outside.txt @agent-Explore`;

/** What Claude Code may be asked to do to the operator's configuration, and what only looks as if it were asked. */
const COMMANDS = [
  '/config theme=light',
  '/model opus',
  '/permissions allow Bash',
  '/add-dir /',
  '/mcp',
  '/hooks',
  '/logout',
  '/exit',
  '/cost',
  '/rename another',
  '/CONFIG theme=light',
  '  /config theme=light',
  '\n/config theme=light',
  '\uFEFF/config theme=light',
  '\u00A0/config theme=light',
  '/Clear',
  ' /compact',
  '/compact:now',
  '/no-such-command at all',
  '/etc/hosts has a typo',
  '#remember this',
  '!touch ran',
];

/** The text of the messages of one request to the API. */
type Body = (typeof world.api.requests)[number]['body'];
const messagesOf = (body: Body) => JSON.stringify(body?.messages);
const lastMessages = () => messagesOf(world.api.requests.at(-1)?.body);
const asJson = (text: string) => JSON.stringify(text).slice(1, -1);

/** No file was read, and the settings are as they were. */
async function expectHarmless(): Promise<void> {
  for (const { body } of world.api.requests) expect(messagesOf(body)).not.toContain(SECRET);
  expect((await configuration())['settings.json']).toBe(SETTINGS);
}

/**
 * All of the configuration that a command could write: everything but what Claude Code keeps per conversation, and the
 * files that it is about to rename.
 */
async function configuration(): Promise<Record<string, string>> {
  const entries = await readdir(config, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const names = files.filter((name) => !name.includes('.tmp.'));
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(config, name), 'utf8')]),
    ),
  );
}

describe('the text of a prompt', () => {
  test('names files and reads none, whatever the session may do', async () => {
    const session = await world.start({ options: { disallowedTools: ['Read'] } });
    expect(await session.turn(`look at ${mentions}`)).toMatchObject({ state: 'completed' });
    expect(lastMessages()).toContain(asJson(`look at ${mentions}`));
    await expectHarmless();
  });

  test('reaches the model as written when it looks like a command, and changes no configuration', async () => {
    const session = await world.start({ options: { permissionMode: 'dontAsk' } });
    await session.turn([{ text: 'the first turn writes what every session writes' }]);
    const before = await configuration();
    expect(before['settings.json']).toBe(SETTINGS);
    for (const text of COMMANDS) {
      const outcome = await session.turn(text);
      expect(outcome, text).toMatchObject({ state: 'completed', result: `ok: ${text.trim()}` });
      expect(lastMessages()).toContain(asJson(text));
    }
    expect(await configuration()).toEqual(before);
    expect(await readdir(world.cwd)).not.toContain('ran');
    await session.run.close();
    expect((await configuration())['settings.json']).toBe(SETTINGS);
  });

  test('is as harmless when it is put into a turn that runs', async () => {
    const session = await world.start({ options: { allowedTools: ['Bash(sleep *)'] } });
    expect(() => session.run.steer('too early')).toThrow('runs no turn');
    const steers = [`see ${mentions}`, '/config theme=light', '/compact', '/clear', '/etc/hosts'];
    const turnId = session.prompt([
      { tool: 'Bash', input: { command: 'sleep 1' } },
      { text: 'end' },
    ]);
    await session.heard.until(() => session.heard.all('tool_use').length > 0);
    for (const text of steers) session.run.steer(text);
    expect(await session.heard.outcomeOf(turnId)).toMatchObject({ result: 'end' });
    expect(session.heard.started).toEqual([]);
    for (const text of steers) expect(lastMessages()).toContain(asJson(text));
    expect(session.heard.all('notice')).toEqual([]);
    await expectHarmless();
  });

  test('is as harmless when the turn ends before it is read, or the process does', async () => {
    const session = await world.start();
    const turnId = session.prompt([{ text: 'a long answer', chunks: 10, delayMs: 100 }]);
    await world.api.waitForRequest(({ body }) => messagesOf(body)?.includes('a long answer'));
    session.run.steer(`then ${mentions}`);
    session.run.steer('/config theme=light');
    await session.heard.outcomeOf(turnId);
    await session.heard.until(() => session.heard.ended.length === 3);
    expect(session.heard.ended.map(({ outcome }) => outcome.result)).toEqual([
      'a long answer',
      expect.stringMatching(/^ok: then @inside/),
      'ok: /config theme=light',
    ]);
    session.prompt([{ text: 'never finished', chunks: 100, delayMs: 1000 }]);
    await world.api.waitForRequest(({ body }) => messagesOf(body)?.includes('never finished'));
    session.run.steer('/config theme=light');
    session.run.steer(`again ${mentions}`);
    await session.run.close();
    const again = await world.start({ uuid: session.uuid });
    await again.turn([{ text: 'resumed' }]);
    await expectHarmless();
  });
});

test('system prompts, answers, refusals and what background tasks say name files and read none', async () => {
  const options = {
    appendSystemPrompt: `SYSTEM ${mentions}`,
    allowedTools: ['Bash(sleep *)'],
    disallowedTools: ['Read'],
  };
  const session = await world.start({ options });
  session.heard.answer = ({ toolName, input }) =>
    toolName === 'AskUserQuestion'
      ? { decision: 'allow', updatedInput: { ...input, answers: { 'Which?': mentions } } }
      : { decision: 'deny', message: `/config theme=light ${mentions}` };
  const question = {
    question: 'Which?',
    header: 'Which',
    multiSelect: false,
    options: ['a', 'b'].map((label) => ({ label, description: label })),
  };
  const background = { description: `task ${mentions}`, run_in_background: true };
  await session.turn([
    { tool: 'AskUserQuestion', input: { questions: [question] } },
    { tool: 'Write', input: { file_path: join(world.cwd, 'new.txt'), content: '' } },
    { tool: 'Bash', input: { command: 'sleep 0.1', ...background } },
    { tool: 'Agent', input: { description: 'd', prompt: script([], mentions) } },
    { tool: 'Bash', input: { command: 'sleep 1' } },
    { text: 'end' },
  ]);
  await session.heard.until(() => session.heard.tasks.at(-1) === 0);
  await session.turn([{ text: 'and now' }]);
  expect(JSON.stringify(world.api.requests.at(-1)?.body?.system)).toContain('SYSTEM @inside.txt');
  expect(lastMessages()).toContain('/config theme=light @inside.txt');
  expect(lastMessages()).toContain('task @inside.txt');
  await expectHarmless();
});

describe('/compact', () => {
  test('compacts the conversation; what stands behind it names files and reads none', async () => {
    const session = await world.start();
    await session.turn([{ text: 'before' }]);
    expect(await session.turn(`/compact with ${mentions}`)).toMatchObject({ state: 'completed' });
    expect(session.heard.all('notice')).toMatchObject([
      { text: 'The conversation was compacted (as asked).' },
    ]);
    expect(await session.turn([{ text: 'after' }])).toMatchObject({ result: 'after' });
    await expectHarmless();
  });

  test('fails if it compacts nothing: too little was said, or the API did not help', async () => {
    const session = await world.start();
    const failed = {
      state: 'failed',
      error: { code: 'SESSION_NOT_READY', message: expect.stringContaining('as it was') },
    };
    expect(await session.turn('/compact')).toMatchObject(failed);
    await session.turn([{ text: 'before' }]);
    const refusal = { status: 400, message: 'no' };
    const steps = Array.from({ length: 20 }, () => refusal);
    expect(await session.turn(`/compact ${script(steps)}`)).toMatchObject(failed);
    expect(await session.turn(`/compact ${script([{ text: 'in short' }])}`)).toHaveProperty(
      'state',
      'completed',
    );
    expect(await session.turn([{ text: 'after' }])).toMatchObject({ result: 'after' });
  });
});

test('/compact that is interrupted is interrupted, not failed', async () => {
  const session = await world.start();
  await session.turn([{ text: 'before' }]);
  const hang = script([{ hang: 'headers' }], 'while it hangs');
  const turnId = session.prompt(`/compact ${hang}`);
  await world.api.waitForRequest(({ body }) => messagesOf(body)?.includes('while it hangs'));
  await session.run.interrupt();
  expect(await session.heard.outcomeOf(turnId)).toMatchObject({ state: 'interrupted' });
  expect(await session.turn([{ text: 'after' }])).toMatchObject({ result: 'after' });
});

test('a conversation is not cleared', async () => {
  const session = await world.start();
  expect(await session.turn('/clear')).toMatchObject({
    state: 'failed',
    error: { code: 'INVALID_REQUEST', hint: expect.stringContaining('create_session') },
  });
});

test.each(['2.1.247', 'none'])(
  'a Claude Code that would not take texts as written (%s) is not used',
  async (version) => {
    const claudePath = await makeScriptedClaude(world.directory, `version-${version}`);
    await expect(world.start({}, world.runner({ claudePath }))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('2.1.248'),
      hint: expect.stringContaining('--claude-path'),
    });
  },
);
