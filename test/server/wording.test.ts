import { expect, test } from 'vitest';
import { reworded } from '../../src/server/wording.ts';
import { inExtension } from '../../src/settings.ts';

const failure = (hint?: string) => ({
  code: 'UNAVAILABLE',
  message: 'no --root',
  retryable: false,
  ...(hint !== undefined && { hint }),
});

test('failures are worded at any depth, and nothing else is', () => {
  const data = {
    text: 'pass --root',
    when: null,
    turns: [{ error: failure('give --root') }, { input: { code: 'x', message: '--root' } }],
    error: failure(),
  };
  const upper = (text: string) => text.toUpperCase();
  expect(reworded(data, upper)).toEqual({
    ...data,
    turns: [
      { error: { ...failure('GIVE --ROOT'), message: 'NO --ROOT' } },
      { input: { code: 'x', message: '--root' } },
    ],
    error: { ...failure(), message: 'NO --ROOT' },
  });
});

test.each([
  ['add one with --root.', 'add one with "Folders" in the settings of the extension.'],
  [
    '--max-live (or CLAUDE_SESSIONS_MAX_LIVE): expected 1',
    '"Sessions at work" in the settings of the extension: expected 1',
  ],
  ['name another --log-file.', 'name another --log-file.'],
  ['without --omit=optional', 'without --omit=optional'],
  ['--roots', '--roots'],
  ['a - b -- root', 'a - b -- root'],
])('%j becomes %j in the extension', (text, expected) => {
  expect(inExtension(text)).toBe(expected);
});
