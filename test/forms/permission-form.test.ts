import { describe, expect, test } from 'vitest';
import { answerOf, formOf } from '../../src/forms/permission-form.ts';
import { FORM_CHARS_MAX, REASON_CHARS_MAX } from '../../src/limits.ts';
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

const messageOf = (over: Partial<PermissionRequest>) => formOf(request(over), newSession()).message;

describe('the form of a permission request', () => {
  test('shows each argument on a line of its own, texts as they stand', () => {
    const input = { file_path: '/a', old_string: 'x\n  y', replace_all: true, list: [1] };
    expect(messageOf({ toolName: 'Edit', input })).toBe(
      'Claude Code session claude_1 asks to use Edit:\n' +
        'file_path: /a\nold_string: x\n  y\nreplace_all: true\nlist: [1]',
    );
  });

  test('hides nothing: control characters and those that turn text around are made visible', () => {
    const command = 'safe\u0008\u001b[1A\u202e\u2066\u200b\u2028\u0000\r\nnext\ttab';
    const message = messageOf({
      input: { command },
      toolName: 'Ba\u202esh\n2',
      description: '\u009b',
    });
    expect(message).not.toMatch(/[^\P{C}\n\t]|[\u2028\u2029]/u);
    expect(message).toContain('Ba\ufffdsh 2:');
    expect(message).toContain('\nnext\ttab');
  });

  test('says what "for the session" would allow, and offers it only then', () => {
    const fieldsOf = (asked: PermissionRequest) =>
      formOf(asked, newSession()).requestedSchema.properties;
    expect(Object.keys(fieldsOf(request()))).toEqual(['decision', 'message']);
    const rule = { kind: 'host', tool: 'WebFetch', host: 'a.b' } as const;
    const memory = { as: 'WebFetch of a.b\u202e\n', rule };
    expect(fieldsOf(request({ memory })).remember).toMatchObject({
      description: 'session: not asked again in this session: WebFetch of a.b\ufffd',
      default: 'once',
    });
  });

  test('says how much it leaves out', () => {
    const message = messageOf({ input: { command: '😀'.repeat(FORM_CHARS_MAX) } });
    expect(message).toMatch(/… \[\d+ characters cut\]$/);
    expect(message.isWellFormed()).toBe(true);
    expect(message.length).toBeLessThan(FORM_CHARS_MAX + 200);
  });

  test('asks whether a plan may be carried out', () => {
    const plan = request({ toolName: 'ExitPlanMode', input: { plan: '# Plan\n1. x' } });
    const form = formOf(plan, newSession());
    expect(form.message).toBe(
      'Claude Code session claude_1 has a plan. May it be carried out?\n# Plan\n1. x',
    );
    expect(Object.keys(form.requestedSchema.properties)).toEqual(['decision', 'message']);
    expect(answerOf(plan, { decision: 'deny', message: 'smaller' })).toEqual({
      requestId: 'r',
      decision: 'deny',
      grant: {},
      message: 'smaller',
    });
  });

  test('says so if there is no plan', () => {
    for (const input of [{}, { plan: ' ' }]) {
      const plan = request({ toolName: 'ExitPlanMode', input, description: 'no plan was shown' });
      expect(formOf(plan, newSession()).message).toContain('no plan was shown');
    }
  });

  test('offers the answers to a question, several where several may be chosen', () => {
    const options = [{ label: 'A' }, { label: 'B', description: 'second' }];
    const questions = [{ question: 'Which?', header: 'Pick', options, multiSelect: true }];
    const asked = request({ toolName: 'AskUserQuestion', input: { questions } });
    expect(formOf(asked, newSession()).requestedSchema.properties).toEqual({
      answer1: {
        type: 'array',
        title: 'Pick',
        description: 'Which?\nB: second',
        items: { type: 'string', enum: ['A', 'B'] },
      },
      other1: { type: 'string', title: 'Pick: in your own words' },
    });
    const answers = { 'Which?': 'A, B' };
    expect(answerOf(asked, { answer1: ['A', 'B'] })).toMatchObject({ decision: 'allow', answers });
  });

  test.each([
    {},
    { questions: [] },
    { questions: [{ question: 'x', options: [] }] },
    { questions: [{ question: 'x', options: ['a'] }] },
    { questions: 'x' },
  ])('of a question that it does not understand is that of any tool: %j', (input) => {
    const form = formOf(request({ toolName: 'AskUserQuestion', input }), newSession());
    expect(form.requestedSchema.required).toEqual(['decision']);
  });

  test.each([undefined, null, {}, [], 'allow', { decision: 'yes' }, { remember: 'session' }])(
    'with %j sent back is no answer',
    (content) => {
      expect(answerOf(request(), content)).toBeUndefined();
    },
  );

  test('takes no more of a message than a tool call may carry', () => {
    const message = 'x'.repeat(2 * REASON_CHARS_MAX);
    expect(answerOf(request(), { decision: 'deny', message })?.message).toHaveLength(
      REASON_CHARS_MAX,
    );
    expect(answerOf(request(), { decision: 'deny', message: 7 })?.message).toBeUndefined();
  });
});
