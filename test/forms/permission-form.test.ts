import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FormStyle } from '../../src/forms/form.ts';
import { answerOf, permissionForm } from '../../src/forms/permission-form.ts';
import { REASON_CHARS_MAX } from '../../src/limits.ts';
import type { PermissionRequest } from '../../src/session/event.ts';
import { newSession } from '../session/log.ts';

function request(over: Partial<PermissionRequest> = {}): PermissionRequest {
  return {
    requestId: 'r',
    sessionId: 'claude_1',
    turnId: null,
    toolName: 'Bash',
    input: { command: 'ls' },
    state: 'pending',
    createdAt: 1,
    expiresAt: 2,
    ...over,
  };
}

const SESSION = { ...newSession(), id: 'claude_12345678-9abc', name: 'fix the tests' };

const formOf = (asked: PermissionRequest, style: FormStyle = 'rich') =>
  permissionForm(asked, SESSION, style);

const messageOf = (over: Partial<PermissionRequest>) => formOf(request(over)).message;

const fieldsOf = (asked: PermissionRequest, style?: FormStyle) =>
  formOf(asked, style).requestedSchema.properties;

const chosen = (asked: PermissionRequest, content: unknown) =>
  answerOf(asked, { action: 'accept', content });

const questions = (...asked: readonly object[]) =>
  request({ toolName: 'AskUserQuestion', input: { questions: asked } });

const WHO = 'Session "fix the tests" in /home/me/project';
const END = 'If you decline, the request is denied. If you cancel, it stays open.';

test('half an emoji in an answer is kept as U+FFFD', () => {
  const message = 'a\ud83d';
  expect(chosen(request(), { decision: 'deny', message })?.message).toBe('a\ufffd');
  const asked = questions({ question: 'Q?', options: [{ label: 'x' }] });
  expect(chosen(asked, { other1: message })?.answers).toEqual({ 'Q?': 'a\ufffd' });
});

describe('the form of a permission request', () => {
  test('shows each argument on a line of its own, texts as they stand', () => {
    const input = { file_path: '/a', old_string: 'x\n  y', replace_all: true, list: [1] };
    expect(messageOf({ toolName: 'Edit', input })).toBe(
      `${WHO} asks to use Edit:\n` +
        'file_path: /a\nold_string: x\n  y\nreplace_all: true\nlist: [1]',
    );
  });

  test('fits the four lines that Claude Code shows of a message, for a short command or a small file', () => {
    const bash = messageOf({ input: { command: 'make', description: 'Builds' } });
    expect(bash.split('\n')).toHaveLength(4);
    const write = messageOf({ toolName: 'Write', input: { file_path: '/a', content: 'x' } });
    expect(write.split('\n')).toHaveLength(3);
  });

  test('says beside the decision what declining and canceling do', () => {
    expect(fieldsOf(request()).decision).toEqual({
      type: 'string',
      title: 'Decision',
      description: END,
      enum: ['allow', 'deny'],
    });
  });

  test('shows a command by itself, and once what Claude says about it', () => {
    const input = { command: 'make\nmake test', description: 'Builds', timeout: 5 };
    for (const description of ['Builds', undefined]) {
      expect(messageOf({ input, description })).toBe(
        `${WHO} asks to use Bash:\nmake\nmake test\n\ntimeout: 5\n\n` +
          'Claude says about it: Builds',
      );
    }
    const both = messageOf({ input, description: 'Also\nthis' });
    expect(both).toContain('Claude says about it: Builds\n\nClaude says about it: Also\nthis');
  });

  test.each([
    { command: 'ls', description: ['odd'] },
    { command: ['ls'], description: 'odd' },
    { description: 'odd' },
  ])('leaves no argument out, whatever it is: %j', (input) => {
    for (const value of Object.values(input).flat()) expect(messageOf({ input })).toContain(value);
  });

  test('shows the description of another tool once, as the argument that it is', () => {
    const input = { description: 'Look', prompt: 'Look around' };
    const message = messageOf({ toolName: 'Agent', input, description: 'Look' });
    expect(message).toContain(':\ndescription: Look\nprompt: Look around');
    expect(message).not.toContain('Claude says');
  });

  test('names a session without a name by its directory and the begin of its id', () => {
    const { name: _name, ...nameless } = SESSION;
    const { message } = permissionForm(request(), nameless, 'rich');
    expect(message).toMatch(/^Session claude_12345678 in \/home\/me\/project asks to use Bash:\n/);
  });

  test('lets the name of a session look like nothing else', () => {
    const name = 'a" in ~/safe asks to use Read:\n"b';
    const { message } = permissionForm(request(), { ...SESSION, name }, 'rich');
    expect(message).toMatch(
      /^Session "a' in ~\/safe asks to use Read: 'b" in \/home\/me\/project /,
    );
  });

  test('shows the home directory as people write it', () => {
    const options = { workingDirectory: join(homedir(), 'shop') };
    const { message } = permissionForm(request(), { ...SESSION, options }, 'rich');
    expect(message).toMatch(/^Session "fix the tests" in ~\/shop asks/);
  });

  test('hides nothing: control characters and those that turn text around are made visible', () => {
    const command = 'safe\u0008\u001b[1A\u202e\u2066\u200b\u2028\u0000\r\nnext\ttab';
    const message = messageOf({
      input: { command, description: '\u202d' },
      toolName: 'Ba\u202esh\n2',
      description: '\u009b',
    });
    expect(message).not.toMatch(/[^\P{C}\n\t]|[\u2028\u2029]/u);
    expect(message).toContain('Ba\ufffdsh 2:');
    expect(message).toContain('\nnext\ttab');
  });

  test('says what "for the session" would allow, and offers it only then', () => {
    expect(Object.keys(fieldsOf(request()))).toEqual(['decision', 'message']);
    const rule = { kind: 'host', tool: 'WebFetch', host: 'a.b' } as const;
    const memory = { as: 'WebFetch of a.b\u202e\n', rule };
    const remember = {
      type: 'string',
      title: 'Remember',
      description: 'session: until the session ends, also allows: WebFetch of a.b\ufffd',
      enum: ['once', 'session'],
    };
    expect(fieldsOf(request({ memory }))).toHaveProperty('remember', {
      ...remember,
      default: 'once',
    });
    expect(fieldsOf(request({ memory }), 'flat')).toHaveProperty('remember', remember);
  });

  test('asks whether a plan may be carried out', () => {
    const plan = request({ toolName: 'ExitPlanMode', input: { plan: '# Plan\n1. x' } });
    const form = formOf(plan);
    expect(form.message).toBe(`${WHO} has a plan. May it be carried out?\n# Plan\n1. x`);
    const { decision, ...others } = form.requestedSchema.properties;
    expect(decision).toMatchObject({
      description:
        'If you decline, the plan is not approved. If you cancel, the question stays open.',
    });
    expect(Object.keys(others)).toEqual(['message']);
    expect(chosen(plan, { decision: 'deny', message: 'smaller' })).toEqual({
      requestId: 'r',
      decision: 'deny',
      grant: {},
      message: 'smaller',
    });
  });

  test('says so if there is no plan', () => {
    for (const input of [{}, { plan: ' ' }]) {
      const plan = request({ toolName: 'ExitPlanMode', input, description: 'no plan was shown' });
      expect(formOf(plan).message).toContain('no plan was shown');
    }
  });

  test.each([
    {},
    { questions: [] },
    { questions: [{ question: 'x', options: [] }] },
    { questions: [{ question: 'x', options: ['a'] }] },
    { questions: 'x' },
  ])('of a question that it does not understand is that of any tool: %j', (input) => {
    const form = formOf(request({ toolName: 'AskUserQuestion', input }));
    expect(form.requestedSchema.required).toEqual(['decision']);
  });

  test.each([undefined, null, {}, [], 'allow', { decision: 'yes' }, { remember: 'session' }])(
    'with %j sent back is no answer',
    (content) => {
      expect(chosen(request(), content)).toBeUndefined();
    },
  );

  test('takes no more of a message than a tool call may carry', () => {
    const message = 'x'.repeat(2 * REASON_CHARS_MAX);
    expect(chosen(request(), { decision: 'deny', message })?.message).toHaveLength(
      REASON_CHARS_MAX,
    );
    expect(chosen(request(), { decision: 'deny', message: 7 })?.message).toBeUndefined();
  });
});

describe('the form of a question', () => {
  const QUESTION = {
    question: 'Which?\nThink.',
    header: 'Pick',
    options: [{ label: 'A' }, { label: 'B', description: 'second\none' }],
  };
  const CHOICES = [
    { const: 'A', title: 'A' },
    { const: 'B', title: 'B: second one' },
  ];
  const answersTo = (asked: PermissionRequest, content: unknown) =>
    Object.values(chosen(asked, content)?.answers ?? {});

  test('offers the options with what they mean, on one line each, and own words', () => {
    const shown = { title: 'Pick', description: 'Which? Think.' };
    const other1 = { type: 'string', title: 'Pick: in your own words' };
    expect(fieldsOf(questions(QUESTION))).toEqual({
      answer1: { type: 'string', ...shown, oneOf: CHOICES },
      other1,
    });
    expect(fieldsOf(questions(QUESTION), 'flat')).toEqual({
      answer1: {
        type: 'string',
        ...shown,
        enum: ['A', 'B'],
        enumNames: ['A', 'B: second one'],
      },
      other1,
    });
    const several = questions({ ...QUESTION, multiSelect: true });
    expect(fieldsOf(several)).toEqual({
      answer1: { type: 'array', ...shown, items: { anyOf: CHOICES } },
      other1,
    });
    expect(fieldsOf(several, 'flat')).toEqual({
      answer1_1: { type: 'boolean', title: 'Pick: A' },
      answer1_2: { type: 'boolean', title: 'Pick: B: second one' },
      other1,
    });
    expect(formOf(several, 'flat').message).toBe(
      `${WHO} asks you:\n\nPick: Which? Think.\n\nIf you decline, Claude is told that you do not ` +
        'answer. If you cancel, the questions stay open.',
    );
  });

  test.each([
    [{ answer1: 'B' }, ['B']],
    [{ answer1: 'B', other1: ' mine ' }, ['mine']],
    [{ other1: 'mine' }, ['mine']],
    [{ answer1: 'C' }, []],
    [{ answer1: 7, other1: true }, []],
    [{ other1: '  ' }, []],
  ])('with one answer, given %j', (content, answers) => {
    expect(answersTo(questions(QUESTION), content)).toEqual(answers);
  });

  test.each([
    [{ answer1: ['B', 'A'] }, ['A, B']],
    [{ answer1: ['B'], other1: 'mine' }, ['B, mine']],
    [{ answer1_1: true, answer1_2: true, other1: 'mine' }, ['A, B, mine']],
    [{ answer1_1: false, answer1_2: true }, ['B']],
    [{ answer1_1: false, answer1_2: 'true' }, []],
    [{ answer1: [] }, []],
  ])('with several answers, given %j', (content, answers) => {
    expect(answersTo(questions({ ...QUESTION, multiSelect: true }), content)).toEqual(answers);
  });

  test('tells options apart whose labels are equal, empty or long, and answers with what was shown', () => {
    const long = `${'x'.repeat(100)}1`;
    const options = [
      { label: 'Yes', description: 'now' },
      { label: 'Yes', description: 'later' },
      { label: ' ' },
      { label: '', description: 'nothing' },
      { label: long },
      { label: `${long}2` },
    ];
    const asked = questions({ ...QUESTION, options });
    const { answer1 } = fieldsOf(asked);
    const values = answer1 !== undefined && 'oneOf' in answer1 ? answer1.oneOf : [];
    expect(values.slice(0, 4)).toEqual([
      { const: 'Yes', title: 'Yes: now' },
      { const: 'Yes (2)', title: 'Yes (2): later' },
      { const: 'Option (3)', title: 'Option (3)' },
      { const: 'Option (4)', title: 'Option (4): nothing' },
    ]);
    expect(new Set(values.map((choice) => choice.const)).size).toBe(options.length);
    expect(values.map((choice) => answersTo(asked, { answer1: choice.const })[0])).toEqual([
      'Yes: now',
      'Yes (2): later',
      'Option (3)',
      'Option (4): nothing',
      long,
      `${long}2`,
    ]);
  });
});
