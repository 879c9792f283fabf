import { describe, expect, test } from 'vitest';
import { promptKind } from '../../src/runner/prompt-text.ts';

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
