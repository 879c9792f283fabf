/**
 * The commands for people. They work on a state directory while servers run on it: they show what is in it, and act on
 * its sessions. Whoever may read the directory is its operator and sees the sessions of all principals.
 */

import type { Command } from '../commands.ts';
import type { Settings } from '../config.ts';
import { type CommandContext, OutputClosed, processTerminal, type Terminal } from './terminal.ts';

/** Resolves with the exit code. */
type RunCommand = (context: CommandContext) => Promise<number>;

type TerminalCommand = Exclude<Command, 'stdio' | 'http' | 'backup'>;

/** Only the command that runs is loaded. */
const RUNS: Readonly<Record<TerminalCommand, () => Promise<RunCommand>>> = {
  list: async () => (await import('./list.ts')).list,
  watch: async () => (await import('./watch.ts')).watch,
  show: async () => (await import('./show.ts')).show,
  tail: async () => (await import('./tail.ts')).tail,
  metrics: async () => (await import('./metrics.ts')).metrics,
  allow: async () => (await import('./permit.ts')).allow,
  deny: async () => (await import('./permit.ts')).deny,
  answer: async () => (await import('./answer.ts')).answer,
  send: async () => (await import('./send.ts')).send,
  interrupt: async () => (await import('./interrupt.ts')).interrupt,
  end: async () => (await import('./end.ts')).end,
  doctor: async () => (await import('./doctor.ts')).doctor,
  completion: async () => (await import('./completion.ts')).completion,
  help: async () => (await import('./help.ts')).help,
};

/** The doctor opens the state itself, to report if that fails. */
const WITHOUT_STATE: readonly Command[] = ['doctor', 'completion', 'help'];

/**
 * Runs one command; resolves with its exit code.
 *
 * @throws SettingError if a flag has a wrong value
 * @throws SessionError if the command fails
 */
export async function runCommand(
  command: TerminalCommand,
  settings: Settings,
  terminal: Terminal = processTerminal(settings.environment),
): Promise<number> {
  const run = await RUNS[command]();
  const { openInspection } = await import('../store/sqlite/inspection.ts');
  const isApart = WITHOUT_STATE.includes(command);
  const inspection = isApart ? undefined : await openInspection(settings.stateDir);
  try {
    return await run({ settings, terminal, inspection });
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    throw error;
  } finally {
    inspection?.close();
  }
}
