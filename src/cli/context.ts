import type { Settings } from '../config.ts';
import type { Overview } from '../service/overview.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export type CommandContext = {
  readonly settings: Settings;
  readonly terminal: Terminal;
  /** Undefined if there is no state yet. */
  readonly overview: Overview | undefined;
};
