/**
 * The commands for people: they show the state of a directory, and end a session in it, beside the servers. A person at
 * the terminal is the operator of the directory and sees the sessions of all principals. What is shown goes through
 * `text.ts`, since most of it was written by Claude.
 */

import type { Command } from '../commands.ts';
import type { Settings } from '../config.ts';
import type { Context } from './context.ts';
import { OutputClosed, processTerminal, type Terminal } from './terminal.ts';

/** Resolves with the exit code. */
type Run = (context: Context) => Promise<number>;

type PersonsCommand = Exclude<Command, 'stdio' | 'http' | 'backup'>;

/** Each is loaded when it is asked for: whoever waits for a list needs no doctor. */
const RUNS: Readonly<Record<PersonsCommand, () => Promise<Run>>> = {
  list: async () => (await import('./list.ts')).list,
  show: async () => (await import('./show.ts')).show,
  tail: async () => (await import('./tail.ts')).tail,
  metrics: async () => (await import('./metrics.ts')).metrics,
  end: async () => (await import('./end.ts')).end,
  doctor: async () => (await import('./doctor.ts')).doctor,
};

/**
 * Runs one command; resolves with its exit code.
 *
 * @throws SettingError for a flag that cannot be used, SessionError for what cannot be done
 */
export async function runCommand(
  command: PersonsCommand,
  settings: Settings,
  terminal: Terminal = processTerminal(settings.environment),
): Promise<number> {
  const run = await RUNS[command]();
  const { openOverview } = await import('../operator.ts');
  // The doctor looks at the state itself: one that cannot be opened is what it is called for.
  const overview = command === 'doctor' ? undefined : await openOverview(settings);
  try {
    return await run({ settings, terminal, overview });
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    throw error;
  } finally {
    overview?.close();
  }
}
