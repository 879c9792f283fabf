import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noticeCommand, ringBell, runNotice } from '../../src/cli/notice.ts';

const NASTY = '$(touch x) `y` "; display dialog "\u001b]0;t\u0007\u202e\n<b>&--icon=z';

/** A program that writes down its arguments, one a line. */
function recorder(exitCode = 0): { program: string; args: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'notice-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [program, file] = [join(folder, 'show'), join(folder, 'args')];
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${file}'\nexit ${exitCode}\n`);
  chmodSync(program, 0o755);
  return { program, args: () => readFileSync(file, 'utf8').split('\n').slice(0, -1) };
}

test.each(['linux', 'freebsd', 'darwin'] as const)(
  'on %s, the text is an argument of its own',
  async (platform) => {
    const [, args = []] = noticeCommand(NASTY, NASTY, platform) ?? [];
    const { program, args: seen } = recorder();
    expect(await runNotice([program, args])).toBeUndefined();
    expect(seen()).toEqual(args);
    const [title = '', text = ''] = seen().slice(-2);
    expect(title).toContain('$(touch x) `y` "; display dialog "');
    for (const shown of [title, text]) expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    // Nothing of it is in a script, or taken for a flag.
    expect(args.slice(0, -2).join(' ')).not.toContain('touch');
  },
);

test('notify-send gets it as plain text behind the end of its flags', () => {
  expect(noticeCommand('-t', 'a <b> & c', 'linux')).toEqual([
    'notify-send',
    ['--app-name=claude-sessions-mcp', '--', '-t', 'a &lt;b&gt; &amp; c'],
  ]);
  expect(noticeCommand('--help', 'b', 'darwin')?.[1].slice(-2)).toEqual(['help', 'b']);
  expect(noticeCommand('t', 'x'.repeat(5000), 'linux')?.[1].at(-1)?.length).toBeLessThan(300);
});

test('says why it could not be shown, and never throws', async () => {
  expect(noticeCommand('t', 'x', 'win32')).toBeUndefined();
  expect(await runNotice(['/does/not/exist', []])).toBe('/does/not/exist was not found');
  const { program } = recorder(3);
  expect(await runNotice([program, []])).toBe(`${program} failed`);
});

test('only a terminal is rung', () => {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  ringBell({ isTTY: false, write });
  expect(written).toEqual([]);
  ringBell({ isTTY: true, write });
  expect(written).toEqual(['\u0007']);
});
