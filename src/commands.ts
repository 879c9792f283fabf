/** The table of commands, from which the help is written and a command line is read. */

import { parseArgs } from 'node:util';
import { quoteId, SettingError } from './errors.ts';
import { SETTING_LIST } from './settings.ts';
import { headOf } from './text.ts';

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

/** As given, unchecked. */
export type CommandFlags = Readonly<Partial<Record<CommandFlag, string | boolean>>>;

/**
 * Reads a command line: the command, its operand, its own flags, and the settings by flag, unchecked.
 *
 * @throws SettingError if a word or a flag is unknown, or the command does not take it
 */
export function readCommandLine(argv: readonly string[]) {
  const { values, positionals } = parsed(argv);
  const [word = 'stdio', ...rest] = positionals;
  const command = COMMAND_NAMES.find((known) => known === word);
  if (command === undefined) throw unknownCommand(word);
  const operand = operandOf(command, rest);
  const isOfCommand = (name: string) => COMMAND_FLAG_NAMES.some((flag) => flag === name);
  const entries = Object.entries(values);
  const own = entries.filter(([name]) => isOfCommand(name));
  for (const [name] of own) checkTaken(command, name);
  return {
    command,
    operand,
    commandFlags: Object.fromEntries(own) as CommandFlags,
    settings: Object.fromEntries(entries.filter(([name]) => !isOfCommand(name))),
  };
}

function parsed(argv: readonly string[]) {
  const own = Object.entries<FlagSpec>(COMMAND_FLAGS).map(([flag, spec]) => ({ flag, ...spec }));
  const flags: readonly { flag: string; value?: string; separator?: string }[] = [
    ...SETTING_LIST,
    ...own,
  ];
  const entries = flags.map(({ flag, value, separator }) => {
    const type = value === undefined ? 'boolean' : 'string';
    return [flag, { type, multiple: separator !== undefined }] as const;
  });
  const options = Object.fromEntries(entries);
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new SettingError(headOf(line, 200));
  }
}

function operandOf(command: Command, words: readonly string[]): string | undefined {
  const { operand } = specOf(command);
  if (operand === undefined && words.length === 0) return undefined;
  if (operand === undefined) throw unknownCommand([command, ...words].join(' '));
  const [word] = words;
  if (command === 'tail' && word === undefined) return undefined;
  if (word === undefined || word === '' || words.length > 1) {
    throw new SettingError(`${command}: expected one ${EXPECTED[operand]}`);
  }
  return word;
}

const EXPECTED = {
  FILE: 'FILE to make',
  ID: 'ID: the id of a session, its beginning, or its name',
} as const;

function checkTaken(command: Command, name: string): void {
  const takers = COMMAND_NAMES.filter((known) => specOf(known).flags.some((flag) => flag === name));
  if (takers.includes(command)) return;
  throw new SettingError(`--${name}: ${command} does not take it, only ${takers.join(', ')}`);
}

function unknownCommand(words: string): SettingError {
  const known = COMMAND_NAMES.join(', ');
  return new SettingError(`unknown command ${quoteId(words)}: expected one of ${known}`);
}
