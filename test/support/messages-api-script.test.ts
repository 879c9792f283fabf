import { describe, expect, test } from 'vitest';
import { type ApiMessage, type ContentBlock, planAnswer, script } from './messages-api-script.ts';

const user = (content: string | ContentBlock[]): ApiMessage => ({ role: 'user', content });
const text = (words: string): ContentBlock => ({ type: 'text', text: words });
const assistant: ApiMessage = { role: 'assistant', content: 'earlier' };
const toolResult = { type: 'tool_result' };

const answerTo = (...messages: ApiMessage[]) => planAnswer(messages).step.text;

describe('a script', () => {
  test('is followed one step per assistant message and then is over', () => {
    const prompt = user([text(script([{ text: 'a' }, { text: 'b' }], 'please'))]);
    const result = user([toolResult]);
    expect(answerTo(prompt)).toBe('a');
    expect(answerTo(prompt, assistant, result)).toBe('b');
    expect(answerTo(prompt, assistant, result, assistant, result)).toBe('script over');
  });

  test('goes on past notices and steering', () => {
    const prompt = user(script([{ text: 'a' }, { text: 'b' }]));
    const notice = user('<system-reminder>a task\nended</system-reminder>');
    const steering = { role: 'system', content: script([{ text: 'not me' }]) };
    expect(answerTo(prompt, assistant, notice, steering)).toBe('b');
  });

  test('gives way to a later one, also within the same message', () => {
    const [one, two, three] = ['1', '2', '3'].map((words) => script([{ text: words }]));
    expect(answerTo(user(`${one}`), assistant, user([text(`${two}`), text(`${three}`)]))).toBe('3');
  });

  test('may hold the script of a subagent', () => {
    const inner = script([{ text: 'inner' }, { text: 'more' }]);
    const prompt = user(script([{ tool: 'Agent', input: { prompt: inner } }, { text: 'outer' }]));
    expect(planAnswer([prompt]).step.input?.prompt).toBe(inner);
    expect(answerTo(prompt, assistant)).toBe('outer');
  });

  test('stands behind the human words and never looks like a mention of a file', () => {
    const prompt = script([{ text: 'mail a@b' }], 'write a mail');
    expect(prompt.startsWith('write a mail\n')).toBe(true);
    expect(prompt).not.toContain('@');
    expect(answerTo(user(prompt))).toBe('mail a@b');
  });
});

describe('a prompt without a script', () => {
  const scripted = [user(script([{ text: 'a' }, { text: 'never' }])), assistant];

  test('is answered with its first 60 characters, reminders left out', () => {
    const reminder = text('<system-reminder>today</system-reminder>');
    expect(answerTo(user([reminder, text('p'.repeat(70))]))).toBe(`ok: ${'p'.repeat(60)}`);
  });

  test('ends the script before it', () => {
    expect(answerTo(...scripted, user('next'))).toBe('ok: next');
  });

  test('is found behind an interruption, also when it shares its message with a tool result', () => {
    const midStream = [text('[Request interrupted by user]\n'), text('next')];
    const midTool = [
      toolResult,
      text('[Request interrupted by user for tool use]\n'),
      text('next'),
    ];
    expect(answerTo(...scripted, user(midStream))).toBe('ok: next');
    expect(answerTo(...scripted, user(midTool))).toBe('ok: next');
  });

  test('is found behind the traces of a slash command', () => {
    const trace = text('<local-command-stdout>Compacted</local-command-stdout>');
    expect(answerTo(user([trace, text('next')]))).toBe('ok: next');
  });
});
