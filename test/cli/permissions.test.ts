/** The commands `allow`, `deny` and `answer`, beside a server whose client holds the session. */

import { describe, expect, test } from 'vitest';
import { SettingError } from '../../src/errors.ts';
import type { PermissionAsk, PermissionReply } from '../../src/runner/runner.ts';
import { startBusy } from '../support/harness.ts';
import { type Options, World } from './world.ts';

const RULE = { kind: 'input', tool: 'Bash', digest: 'd' } as const;
const BASH = { toolName: 'Bash', input: { command: 'npm test', timeout: 5 } };
const QUESTIONS = {
  toolName: 'AskUserQuestion',
  input: {
    questions: [
      {
        question: 'Tabs or spaces?',
        header: 'Indent',
        options: [{ label: 'Tabs' }, { label: 'Spaces', description: 'two of them' }],
      },
      {
        question: 'Which checks?',
        header: 'Checks',
        multiSelect: true,
        options: [{ label: 'lint' }, { label: 'types' }, { label: 'tests' }],
      },
    ],
  },
};

/** A session that a connected client holds, with open requests. */
async function asking(...asks: Partial<PermissionAsk>[]) {
  const { harness, client, sessionId, run } = await startBusy({ name: 'shop' });
  const replies: Promise<PermissionReply>[] = [];
  for (const ask of asks) {
    replies.push(run.ask(ask));
    await expect.poll(async () => (await requestsOf()).length).toBe(replies.length);
  }
  async function requestsOf() {
    return (await client.call('list_permission_requests', { sessionId })).requests;
  }
  const world = new World(harness.settings.stateDir);
  const ids = (await requestsOf()).map(({ requestId }) => requestId);
  return { harness, client, sessionId, world, replies, ids, run, requestsOf };
}

async function failure(world: World, words: string[], options: Options = {}) {
  let output = '';
  const heard = (text: string) => (output += text);
  const error: Error & { hint?: string } = await world.run(words, { ...options, heard }).then(
    () => Promise.reject(new Error('it succeeded')),
    (reason) => reason,
  );
  return { error, output };
}

describe('allow', () => {
  test('allows the only request of a session, and shows all of what it allows', async () => {
    const { world, replies, ids, requestsOf } = await asking({
      ...BASH,
      description: 'Runs the tests',
      memory: { as: 'Bash(npm test)', rule: RULE },
    });
    const { code, output } = await world.run(['allow', 'shop'], { columns: 80 });
    expect(await replies[0]).toEqual({ decision: 'allow' });
    expect(code).toBe(0);
    expect(output).toMatch(/\(shop\) asks to use Bash/);
    expect(output).toMatch(/^command +npm test$/m);
    expect(output).toMatch(/^timeout +5$/m);
    expect(output).toMatch(/^about +Runs the tests$/m);
    expect(output).toMatch(/^for the session +Bash\(npm test\)$/m);
    expect(output).toMatch(/^allowed once$/m);
    expect(await requestsOf()).toEqual([]);
    const { error } = await failure(world, ['allow', ids[0] ?? '']);
    expect(error.message).toMatch(/was already allowed just now at the terminal$/);
  });

  test('says once what a tool has among its arguments', async () => {
    const input = { command: 'npm test', description: 'Runs the tests' };
    const { world } = await asking({ ...BASH, input, description: input.description });
    const { output } = await world.run(['allow', 'shop'], { columns: 80 });
    expect(output.match(/Runs the tests/g)).toHaveLength(1);
  });

  test('for the session, and says so', async () => {
    const { world, replies, ids } = await asking({
      ...BASH,
      memory: { as: 'Bash(npm test)', rule: RULE },
    });
    const { request } = await world.json(['allow', ids[0] ?? '', '--session', '--message', 'go']);
    expect(request).toMatchObject({
      state: 'allowed',
      remembered: 'Bash(npm test)',
      message: 'go',
    });
    expect(await replies[0]).toMatchObject({ decision: 'allow', remembered: RULE });
  });

  test('says that it counts once if the request cannot be remembered', async () => {
    const { world } = await asking(BASH);
    const { output } = await world.run(['allow', 'shop', '--session']);
    expect(output).toMatch(/^allowed once: This is asked each time/m);
  });

  test('lists several requests instead of choosing one, and allows the one that is named', async () => {
    const { world, replies, ids, requestsOf } = await asking(BASH, {
      toolName: 'Write',
      input: { file_path: '/x/y', content: 'z' },
    });
    const { error, output } = await failure(world, ['allow', 'shop'], { columns: 80 });
    expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(error.message).toContain('asks 2 things');
    const [first = '', second = ''] = ids.map((id) => id.slice(0, 8));
    expect(error.hint).toContain(`allow ${first}`);
    expect(output).toContain(`${first}  Bash npm test\n${second}  Write /x/y\n`);
    expect(await requestsOf()).toHaveLength(2);
    await world.run(['allow', second]);
    expect(await replies[1]).toEqual({ decision: 'allow' });
    expect((await requestsOf()).map(({ requestId }) => requestId)).toEqual([ids[0]]);
  });

  test('carries out a plan, which it shows in full', async () => {
    const plan = Array.from({ length: 300 }, (_, at) => `step ${at}`).join('\n');
    const { world, replies } = await asking({ toolName: 'ExitPlanMode', input: { plan } });
    const { output } = await world.run(['allow', 'shop'], { columns: 80 });
    for (const step of plan.split('\n')) expect(output).toContain(`${step}\n`);
    expect(await replies[0]).toEqual({ decision: 'allow' });
  });

  test('leaves a question to `answer`', async () => {
    const { world, ids, requestsOf } = await asking(QUESTIONS);
    const { error } = await failure(world, ['allow', 'shop']);
    expect(error.hint).toContain(`claude-sessions-mcp answer ${ids[0]?.slice(0, 8)}`);
    expect(await requestsOf()).toHaveLength(1);
  });

  test('says when a request was answered, and changes nothing', async () => {
    const { world, client, ids } = await asking(BASH);
    const requestId = ids[0] ?? '';
    const denial = { requestId, decision: 'deny', message: 'not today' };
    await client.call('answer_permission_request', denial);
    const { error } = await failure(world, ['allow', requestId]);
    expect(error).toMatchObject({ code: 'CONFLICT' });
    expect(error.message).toMatch(
      /^request \S+ \(Bash\) was already denied just now by alice with a tool: not today$/,
    );
    const nothing = await failure(world, ['allow', 'shop']);
    expect(nothing.error.message).toContain('asks nothing now');
  });

  test('does not know what does not exist', async () => {
    const { world, requestsOf } = await asking(BASH);
    for (const word of ['nobody', '00000000-0000', 'x'.repeat(500)]) {
      expect((await failure(world, ['allow', word])).error).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await requestsOf()).toHaveLength(1);
  });
});

describe('deny', () => {
  test('with a message that Claude reads', async () => {
    const { world, replies, ids } = await asking(BASH);
    const id = ids[0]?.slice(0, 8) ?? '';
    const { output } = await world.run(['deny', id, '--message', 'use make']);
    expect(await replies[0]).toEqual({ decision: 'deny', message: 'use make' });
    expect(output).toMatch(/^denied; Claude reads: use make$/m);
  });

  test('and stop the turn', async () => {
    const { world, replies } = await asking(QUESTIONS);
    const { output } = await world.run(['deny', 'shop', '--interrupt']);
    expect(await replies[0]).toMatchObject({ decision: 'deny', interrupt: true });
    expect(output).toContain('denied, and the turn stops');
  });
});

describe('answer', () => {
  const answersIn = async (reply: Promise<PermissionReply> | undefined) => {
    const { updatedInput } = (await reply) as { updatedInput?: { answers: unknown } };
    return updatedInput?.answers;
  };

  test('asks each question of the person, with numbers', async () => {
    const { world, replies } = await asking(QUESTIONS);
    const typed = ['7', '1,2', '', '2', '3, 1'];
    const { code, notes, output } = await world.run(['answer', 'shop'], { typed });
    expect(await answersIn(replies[0])).toEqual({
      'Tabs or spaces?': 'Spaces',
      'Which checks?': 'tests, lint',
    });
    expect([code, output]).toEqual([0, 'answered\n']);
    expect(notes[0]).toBe('1. Tabs or spaces?\n   1  Tabs\n   2  Spaces: two of them');
    expect(notes.filter((note) => note.startsWith('Expected'))).toHaveLength(3);
  });

  const ELICITED = {
    toolName: 'Elicitation',
    input: {
      server: 'tools',
      message: 'Who?',
      requestedSchema: {
        properties: {
          age: { type: 'integer', title: 'Age', minimum: 18 },
          ok: { type: 'boolean' },
          note: { type: 'string' },
        },
        required: ['age', 'ok'],
      },
    },
  };

  test('asks what an MCP server asks for, field by field, and lets the person leave some empty', async () => {
    const { world, replies } = await asking(ELICITED);
    const typed = ['', '42', '2', ''];
    const { code, notes, output } = await world.run(['answer', 'shop'], { typed });
    expect(await replies[0]).toMatchObject({ updatedInput: { age: 42, ok: false } });
    expect([code, output]).toEqual([0, 'answered\n']);
    expect(notes[0]).toContain('Its MCP server tools asks you:\n> Who?');
    expect(notes[1]).toBe('1. Age (a whole number, at least 18)');
  });

  test('refuses what an MCP server does not take, and changes nothing', async () => {
    const { world, requestsOf, ids } = await asking(ELICITED);
    const { error } = await failure(world, ['answer', 'shop', '-'], {
      piped: '{"age": "7", "ok": "true"}',
    });
    expect(error.message).toContain('age: expected a whole number, at least 18');
    const { error: other } = await failure(world, ['allow', 'shop']);
    expect(other.hint).toContain(`claude-sessions-mcp answer ${ids[0]?.slice(0, 8)}`);
    expect(await requestsOf()).toHaveLength(1);
  });

  test('takes words of the person’s own', async () => {
    const { world, replies } = await asking(QUESTIONS);
    await world.run(['answer', 'shop'], { typed: ['mixed', 'none at all'] });
    expect(await answersIn(replies[0])).toEqual({
      'Tabs or spaces?': 'mixed',
      'Which checks?': 'none at all',
    });
  });

  test('answers nothing if the person leaves in between', async () => {
    const { world, requestsOf } = await asking(QUESTIONS);
    const { code, notes } = await world.run(['answer', 'shop'], { typed: ['1'] });
    expect(code).toBe(1);
    expect(notes.at(-1)).toContain('Nothing was answered');
    expect(await requestsOf()).toHaveLength(1);
  });

  test('takes flags in the order of the questions', async () => {
    const { world, replies } = await asking(QUESTIONS);
    await world.run(['answer', 'shop', '--text', 'mixed', '--choice', '1,3']);
    expect(await answersIn(replies[0])).toEqual({
      'Tabs or spaces?': 'mixed',
      'Which checks?': 'lint, tests',
    });
  });

  test('takes JSON on standard input', async () => {
    const { world, replies } = await asking(QUESTIONS);
    const piped = JSON.stringify({ 'Tabs or spaces?': 'Tabs', 'Which checks?': 'lint' });
    await world.run(['answer', 'shop', '-'], { piped });
    expect(await answersIn(replies[0])).toEqual(JSON.parse(piped));
  });

  test('refuses what does not answer every question, and changes nothing', async () => {
    const { world, requestsOf } = await asking(QUESTIONS);
    for (const words of [
      ['--choice', '1'],
      ['--choice', '3', '--choice', '1'],
      ['--choice', '1,2', '--choice', '1'],
      ['--choice', '0', '--choice', '1'],
      ['--choice', 'Tabs', '--choice', '1'],
      ['--text', '', '--choice', '1'],
      ['+'],
      [],
    ]) {
      const { error } = await failure(world, ['answer', 'shop', ...words]);
      expect(error, words.join(' ')).toBeInstanceOf(SettingError);
    }
    for (const piped of [
      '',
      '{',
      '[]',
      '{"Tabs or spaces?":"Tabs"}',
      '{"Tabs or spaces?":"a","Which checks?":""}',
    ]) {
      const { error } = await failure(world, ['answer', 'shop', '-'], { piped });
      expect(error, piped).toMatchObject({ code: 'INVALID_REQUEST' });
    }
    expect(await requestsOf()).toHaveLength(1);
  });

  test('leaves anything else to `allow`', async () => {
    const { world, requestsOf } = await asking(BASH);
    const { error } = await failure(world, ['answer', 'shop', '--choice', '1']);
    expect(error.hint).toContain('allow');
    expect(await requestsOf()).toHaveLength(1);
  });
});
