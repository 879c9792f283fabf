import { describe, expect, test } from 'vitest';
import { promptKind, readPrompt } from '../../src/runner/prompt-text.ts';

describe('the text of a prompt', () => {
  test.each(['/compact', '/compact ', '/compact\n', '/compact keep the names', '/compact\u00A0x'])(
    '%j is the command to compact',
    (text) => expect(promptKind(text)).toBe('compact'),
  );

  test.each(['/clear', '/reset', '/new', '/clear all', '/new\ttab', '/reset\n'])(
    '%j is a command to clear',
    (text) => expect(promptKind(text)).toBe('clear'),
  );

  test.each([
    'hello',
    '',
    '/',
    '//compact',
    '/etc/hosts has a typo',
    '/config theme=light',
    '/model opus',
    '/exit',
    '/COMPACT',
    '/Clear',
    ' /compact',
    '\n/compact',
    '\uFEFF/compact',
    '\u200B/compact',
    '\uFF0Fcompact',
    '/compact:now',
    '/compact/x',
    '/compacted',
    '/compact\u200B',
    '/\u0441ompact',
    '/clear-cut case',
    '/newest',
    'please /compact',
    'first line\n/compact',
    '@/etc/passwd',
  ])('%j is text', (text) => expect(promptKind(text)).toBe('text'));
});

describe('the text of a prompt where there are commands', () => {
  const isCommand = (name: string) => ['deploy', 'a:b', 'compact', 'clear', 'ä'].includes(name);

  test.each([
    '/deploy',
    '/deploy now',
    '/deploy\tnow',
    '/deploy\nnow',
    '/a:b',
    '/compact',
    '/clear',
    '/ä',
  ])('%j calls one, also if Claude Code has one of that name', (text) =>
    expect(readPrompt(text, isCommand)).toEqual({ kind: 'command' }),
  );

  test.each([
    '/deployed',
    ' /deploy',
    '/Deploy',
    '//deploy',
    '/deploy:x',
    '/ deploy',
    'deploy',
    '/',
    '',
  ])('%j calls none', (text) => expect(readPrompt(text, isCommand)).toEqual({ kind: 'text' }));

  test.each(['@x', 'see @x', 'see\n@x', '"@x"', '_@x', '.@x', '\u3002@x'])(
    'a command does not get %j, and a text does',
    (text) => {
      expect(readPrompt(`/deploy ${text}`, isCommand).refusal?.code).toBe('INVALID_REQUEST');
      expect(readPrompt(text, isCommand)).toEqual({ kind: 'text' });
    },
  );

  test('a command gets an e-mail address', () => {
    expect(readPrompt('/deploy for bob@example.com', isCommand)).toEqual({ kind: 'command' });
  });
});
