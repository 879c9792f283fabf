/** Draws a person's attention to something that asks: rings the terminal, and shows a notice on the desktop if wanted. */

import { spawn } from 'node:child_process';
import { cutChars, oneLine } from '../text.ts';

const TITLE_CHARS_MAX = 80;
const TEXT_CHARS_MAX = 200;

const BELL = '\u0007';

/** A terminal beeps, marks its tab, or does nothing, as the person has set it. */
export function ringBell(stream: { readonly isTTY: boolean; write(text: string): unknown }): void {
  if (stream.isTTY) stream.write(BELL);
}

/** A program that shows a notice, and its arguments. */
export type NoticeCommand = readonly [program: string, args: readonly string[]];

/**
 * What shows a notice on this system, if anything does. The text is an argument, and never part of a script or of a
 * shell's line: it comes from Claude or a repository.
 */
export function noticeCommand(
  title: string,
  text: string,
  platform: NodeJS.Platform = process.platform,
): NoticeCommand | undefined {
  const [head, body] = [
    cutChars(oneLine(title), TITLE_CHARS_MAX),
    cutChars(oneLine(text), TEXT_CHARS_MAX),
  ];
  // What begins with a dash would be a flag of osascript.
  if (platform === 'darwin') return ['osascript', [...APPLE_SCRIPT, head.replace(/^-+/, ''), body]];
  if (platform === 'win32') return undefined;
  return ['notify-send', ['--app-name=claude-sessions-mcp', '--', head, asMarkup(body)]];
}

const APPLE_SCRIPT = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
].flatMap((line) => ['-e', line]);

/** The desktop may read the text as markup, in which a sign like `<` begins something. */
function asMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Shows a notice on the desktop. Does not wait for it; resolves with why it could not be shown, if that is so.
 */
export function showNotice(title: string, text: string): Promise<string | undefined> {
  const command = noticeCommand(title, text);
  if (command === undefined) return Promise.resolve('this system has no program for notices');
  return runNotice(command);
}

/** Resolves once the program has ended, with what went wrong, if anything. */
export function runNotice([program, args]: NoticeCommand): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    child.unref();
    child.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ENOENT' ? `${program} was not found` : error.message);
    });
    child.on('exit', (code) => resolve(code === 0 ? undefined : `${program} failed`));
  });
}
