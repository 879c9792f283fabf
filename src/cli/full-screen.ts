/** The whole screen of a terminal, for as long as a command needs it. What was on it comes back, however the program ends. */

export type FullScreen = {
  /** Aborted when the person wants to leave: q, Ctrl-C, Ctrl-D, or a signal. */
  readonly left: AbortSignal;
  /** Calls back when the screen has another size. */
  onResize(listener: () => void): void;
  close(): void;
};

type Output = Pick<NodeJS.WriteStream, 'on' | 'off'> & { write(text: string): unknown };
type Input = Pick<NodeJS.ReadStream, 'isTTY' | 'on' | 'off' | 'pause' | 'resume' | 'setRawMode'>;

/** The process whose screen it is. */
export type ScreenProcess = Pick<NodeJS.Process, 'on' | 'off'> & {
  readonly stdin: Input;
  readonly stdout: Output;
};

/** The other screen of the terminal, without a cursor. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** `q`, Ctrl-C and Ctrl-D. */
const LEAVE_KEYS = ['q', 'Q', '\u0003', '\u0004'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function openFullScreen(ours: ScreenProcess): FullScreen {
  const { stdin, stdout } = ours;
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  const typed = (keys: Buffer): void => {
    if (LEAVE_KEYS.some((key) => keys.includes(key))) leave();
  };
  let resized: (() => void) | undefined;
  const onResize = (): void => resized?.();
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    for (const signal of SIGNALS) ours.off(signal, leave);
    ours.off('exit', close);
    stdout.off('resize', onResize);
    if (stdin.isTTY) {
      stdin.off('data', typed);
      stdin.setRawMode(false);
      stdin.pause();
    }
    stdout.write(LEAVE);
  };
  for (const signal of SIGNALS) ours.on(signal, leave);
  // Also after an error that nobody expected.
  ours.on('exit', close);
  stdout.on('resize', onResize);
  if (stdin.isTTY) {
    // So that keys are neither shown nor wait for the end of a line.
    stdin.setRawMode(true);
    stdin.on('data', typed);
    stdin.resume();
  }
  stdout.write(ENTER);
  return {
    left: leaving.signal,
    onResize: (listener) => {
      resized = listener;
    },
    close,
  };
}

/** What replaces the screen with these lines, without a moment in which it is empty. */
export function frameText(lines: readonly string[]): string {
  const shown = lines.map((line) => `${line}\u001b[K`).join('\n');
  return `\u001b[?2026h\u001b[H${shown}\u001b[J\u001b[?2026l`;
}
