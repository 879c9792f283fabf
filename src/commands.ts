/** Every command: its operand, its own flags, and what `--help` says about it. */

import { SETTING_LIST } from './settings.ts';

type CommandSpec = {
  /** Its one argument. Undefined if it takes none. */
  readonly operand?: 'FILE' | 'ID';
  readonly flags: readonly CommandFlag[];
  readonly does: string;
};

type FlagSpec = { readonly value?: string; readonly does: string };

/** Flags that are not settings: each belongs to some commands. */
export const COMMAND_FLAGS = {
  json: { does: 'JSON, for programs' },
  all: { does: 'ended ones too' },
  status: { value: 'STATUS', does: 'only those of this status' },
  task: { value: 'TASK', does: 'only what this task counts' },
  label: { value: 'KEY=VALUE', does: 'only those with this label' },
  limit: { value: 'N', does: 'at most so many sessions (50)' },
  after: { value: 'SEQ', does: 'from there on; 0 is the whole log' },
  'no-follow': { does: 'what is there, without waiting' },
  reason: { value: 'TEXT', does: 'why, for its log' },
} as const satisfies Record<string, FlagSpec>;

export type CommandFlag = keyof typeof COMMAND_FLAGS;

export const COMMAND_FLAG_NAMES = Object.keys(COMMAND_FLAGS) as CommandFlag[];

/** `stdio` runs if no command is given. */
export const COMMANDS = {
  stdio: { flags: [], does: 'serve MCP on standard input and output' },
  http: { flags: [], does: 'serve Streamable HTTP at /mcp' },
  list: {
    flags: ['all', 'status', 'task', 'label', 'limit', 'json'],
    does: 'the sessions, newest activity first',
  },
  show: { operand: 'ID', flags: ['json'], does: 'one session: what it does, asks and cost' },
  tail: {
    operand: 'ID',
    flags: ['after', 'no-follow', 'json'],
    does: 'what it says and does, as it happens',
  },
  metrics: { flags: ['task', 'json'], does: 'counts, tokens and cost of all sessions' },
  end: { operand: 'ID', flags: ['reason', 'json'], does: 'end a session and all it runs' },
  doctor: { flags: ['json'], does: 'check that sessions can run here' },
  backup: { operand: 'FILE', flags: [], does: 'copy the state database, while servers run' },
} as const satisfies Record<string, CommandSpec>;

export type Command = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as Command[];

/** The entry of a command, if it is not known which one. */
export function specOf(command: Command): CommandSpec {
  return COMMANDS[command];
}

export function takesValue(flag: CommandFlag): boolean {
  return 'value' in COMMAND_FLAGS[flag];
}

const WORD_WIDTH = 34;

/** What `--help` prints. */
export function usage(): string {
  return [
    'Usage: claude-sessions-mcp [command] [flags]',
    '',
    ...COMMAND_NAMES.flatMap(helpOf),
    '',
    'ID is the id of a session, its beginning, or its name. Settings:',
    '',
    ...SETTING_LIST.map(({ flag, value, does }) => line(flagWord(flag, value), does)),
    '  --help, --version',
    '',
    'Each setting is also a variable: CLAUDE_SESSIONS_ and the flag in capitals.',
  ].join('\n');
}

function helpOf(command: Command): readonly string[] {
  const { operand, flags, does } = specOf(command);
  const word = command === 'stdio' ? '(no command)' : command;
  const own = flags.map((flag) => {
    const spec: FlagSpec = COMMAND_FLAGS[flag];
    return line(`  ${flagWord(flag, spec.value)}`, spec.does);
  });
  return [line(operand === undefined ? word : `${word} ${operand}`, does), ...own];
}

function flagWord(flag: string, value = ''): string {
  return `--${flag} ${value}`.trimEnd();
}

function line(word: string, does: string): string {
  return `  ${word.padEnd(WORD_WIDTH)}${does}`;
}
