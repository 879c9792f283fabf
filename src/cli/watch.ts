import { setTimeout as pause } from 'node:timers/promises';
import { STORE_POLL_MS } from '../process-limits.ts';
import { Signal } from '../service/waiters.ts';
import type { Inspection } from '../store/inspection.ts';
import { flagsOf } from './flags.ts';
import { type Listed, readListed } from './listed.ts';
import { ringBell, showNotice } from './notice.ts';
import { knownState } from './sessions.ts';
import { type CommandContext, OutputClosed } from './terminal.ts';
import { type NewAsk, NewAsks } from './watch-asks.ts';
import { ChangeLines } from './watch-lines.ts';
import { WatchScreen } from './watch-screen.ts';

/** The screen is not redrawn more often. */
const REDRAW_MS = 200;

/** Shows the sessions as they change: on the whole screen, or a line for each change if it cannot be redrawn. */
export async function watch(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json } = flagsOf(settings);
  const inspection = knownState(context);
  if (json || terminal.rows === undefined) {
    const lines = new ChangeLines(terminal, inspection, json);
    await look(context, inspection, { draw: (listed) => lines.draw(listed) });
    return 0;
  }
  const full = terminal.fullScreen();
  const screen = new WatchScreen(terminal);
  try {
    await look(context, inspection, {
      draw: (listed, warning) => screen.draw(listed, warning),
      left: full.left,
      onResize: full.onResize,
    });
  } finally {
    full.close();
  }
  return 0;
}

type Showing = {
  /** @param warning what could not be done, if anything */
  draw(listed: Listed, warning: string | undefined): Promise<void>;
  readonly left?: AbortSignal;
  onResize?(listener: () => void): void;
};

/** Draws after each change until the person leaves. Keeps the process alive while it waits. */
async function look(
  context: CommandContext,
  inspection: Inspection,
  showing: Showing,
): Promise<void> {
  const { settings, terminal } = context;
  const flags = flagsOf(settings);
  const { left } = showing;
  const news = new Signal();
  const fire = (): void => news.fire();
  const stop = inspection.subscribe(fire);
  const poll = setInterval(fire, STORE_POLL_MS);
  showing.onResize?.(fire);
  left?.addEventListener('abort', fire);
  const asks = new NewAsks();
  let warning: string | undefined;
  try {
    while (!left?.aborted) {
      const heard = news.next();
      const listed = await readListed(inspection, flags, terminal.now());
      await showing.draw(listed, warning);
      for (const ask of asks.in(listed)) {
        attend(context, ask).then((problem) => {
          warning ??= problem;
        }, ignoreClosed);
      }
      await heard;
      // What changes all the time is not drawn all the time.
      if (!left?.aborted) await pause(REDRAW_MS, undefined, { signal: left }).catch(() => {});
    }
  } finally {
    stop();
    clearInterval(poll);
  }
}

/** Resolves with what went wrong with a notice that was wanted. */
async function attend(
  { settings, terminal }: CommandContext,
  ask: NewAsk,
): Promise<string | undefined> {
  const { quiet, notify } = flagsOf(settings);
  const isTTY = terminal.columns !== undefined;
  if (!quiet) ringBell({ isTTY, write: (text) => terminal.write(text).catch(ignoreClosed) });
  if (!notify) return undefined;
  const problem = await showNotice(ask.title, ask.text);
  return problem && `no notice on the desktop: ${problem}`;
}

function ignoreClosed(error: unknown): void {
  // The next frame notices that nobody reads any more.
  if (!(error instanceof OutputClosed)) throw error;
}
