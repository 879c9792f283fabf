/** Reads a command line by the tables of commands and settings. */

import { parseArgs } from 'node:util';
import {
  COMMAND_FLAG_NAMES,
  COMMAND_NAMES,
  type Command,
  type CommandFlag,
  flagOf,
  OPERANDS,
  specOf,
} from './commands.ts';
import { quoteId, SettingError } from './errors.ts';
import { meantText, nearest } from './nearest.ts';
import { SETTING_LIST } from './settings.ts';
import { headOf } from './text.ts';

type FlagValue = string | boolean | readonly (string | boolean)[];

/** As given, unchecked. */
export type CommandFlags = Readonly<Partial<Record<CommandFlag, FlagValue>>>;

export type CommandLine = {
  readonly command: Command;
  /** What the command is about. */
  readonly operand?: string;
  /** What stands behind that. */
  readonly text?: string;
  readonly commandFlags: CommandFlags;
  /** The values of repeatable flags of the command, in the order in which they were given. */
  readonly repeated: readonly (readonly [flag: CommandFlag, value: string])[];
  /** By flag, unchecked. */
  readonly settings: Readonly<Record<string, unknown>>;
};

/** What the program is asked before anything else: its help, also about a word, or its version. */
export type Asked = { readonly help: string | undefined } | 'version' | undefined;

/** Flags that count before anything else does. */
const FIRST_FLAGS = ['help', 'version'] as const;

/** Whether a command line asks for help or the version, whatever else is wrong with it. */
export function askedIn(argv: readonly string[]): Asked {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const has = (name: (typeof FIRST_FLAGS)[number]) =>
    words.includes(`--${name}`) || words.includes(`-${name[0]}`);
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  if (first === 'help') return { help: second };
  if (has('help')) return { help: COMMAND_NAMES.find((command) => words.includes(command)) };
  return has('version') ? 'version' : undefined;
}

/**
 * Reads a command line: the command, its operands, its own flags, and the settings by flag, unchecked.
 *
 * @throws SettingError if a word or a flag is unknown, or the command does not take it
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals, tokens } = parsed(argv);
  const [word = 'stdio', ...rest] = positionals;
  const command = commandNamed(word);
  checkOperands(command, rest);
  const own = Object.entries(values).filter(([name]) => isOfCommands(name));
  for (const [name] of own) checkTaken(command, name);
  const [operand, text] = rest;
  return {
    command,
    operand,
    text,
    commandFlags: Object.fromEntries(own) as CommandFlags,
    repeated: tokens.flatMap((token) =>
      token.kind === 'option' && isRepeatable(token.name) && token.value !== undefined
        ? [[token.name, token.value] as const]
        : [],
    ),
    settings: Object.fromEntries(Object.entries(values).filter(([name]) => !isOfCommands(name))),
  };
}

/** @throws SettingError if there is no such command */
export function commandNamed(word: string): Command {
  const command = COMMAND_NAMES.find((known) => known === word);
  if (command === undefined) throw unknownCommand(word);
  return command;
}

function isOfCommands(name: string): name is CommandFlag {
  return COMMAND_FLAG_NAMES.some((flag) => flag === name);
}

function isRepeatable(name: string): name is CommandFlag {
  return isOfCommands(name) && flagOf(name).isRepeatable === true;
}

/** Every flag there is: of settings and of commands. */
function allFlags() {
  const own = COMMAND_FLAG_NAMES.map((flag) => {
    const { value, isRepeatable = false } = flagOf(flag);
    return { flag, value, isRepeatable };
  });
  const settings = SETTING_LIST.map(({ flag, value, separator }) => {
    return { flag, value, isRepeatable: separator !== undefined };
  });
  return [...settings, ...own];
}

function parsed(argv: readonly string[]) {
  const flags = allFlags();
  const entries = flags.map(({ flag, value, isRepeatable }) => {
    const type = value === undefined ? 'boolean' : 'string';
    return [flag, { type, multiple: isRepeatable }] as const;
  });
  const config = {
    args: [...argv],
    options: Object.fromEntries(entries),
    allowPositionals: true,
    tokens: true,
  } as const;
  refuseUnknown(
    parseArgs({ ...config, strict: false }).tokens,
    flags.map(({ flag }) => flag),
  );
  try {
    return parseArgs(config);
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new SettingError(headOf(line, 200));
  }
}

type Tokens = NonNullable<ReturnType<typeof parseArgs>['tokens']>;

function refuseUnknown(tokens: Tokens, known: readonly string[]): void {
  for (const token of tokens) {
    if (token.kind !== 'option' || known.includes(token.name)) continue;
    const meant = nearest(token.name, [...known, ...FIRST_FLAGS]);
    const more =
      meant === undefined
        ? '; help COMMAND names those of a command'
        : `; did you mean --${meant}?`;
    throw new SettingError(`unknown flag ${quoteId(token.rawName)}${more}`);
  }
}

function checkOperands(command: Command, words: readonly string[]): void {
  const { operands = [] } = specOf(command);
  const kinds = operands.map(({ of }) => OPERANDS[of]);
  if (kinds.length === 0 && words.length > 0) throw unknownCommand([command, ...words].join(' '));
  const missing = operands.findIndex(
    ({ isOptional }, at) => !isOptional && (words[at] ?? '') === '',
  );
  const wrong = missing === -1 && words.length > kinds.length ? kinds.length - 1 : missing;
  const expected = kinds[wrong];
  if (expected === undefined) return;
  const { word, is } = expected;
  throw new SettingError(`${command}: expected one ${word}: ${is}`);
}

function checkTaken(command: Command, name: string): void {
  const takers = COMMAND_NAMES.filter((known) => specOf(known).flags.some((flag) => flag === name));
  if (takers.includes(command)) return;
  throw new SettingError(`--${name}: ${command} does not take it, only ${takers.join(', ')}`);
}

function unknownCommand(words: string): SettingError {
  const [first = ''] = words.split(' ');
  const isKnown = COMMAND_NAMES.some((command) => command === first);
  const meant = isKnown ? '' : meantText(first, COMMAND_NAMES);
  const known = COMMAND_NAMES.join(', ');
  return new SettingError(`unknown command ${quoteId(words)}: expected one of ${known}${meant}`);
}
