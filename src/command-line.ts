/** Reads a command line: the command, its operand, its own flags, and the settings. */

import { parseArgs } from 'node:util';
import {
  COMMAND_FLAG_NAMES,
  COMMAND_NAMES,
  type Command,
  type CommandFlag,
  specOf,
  takesValue,
} from './commands.ts';
import { quoteId, SettingError } from './errors.ts';
import { SETTING_LIST } from './settings.ts';
import { headOf } from './text.ts';

/** As given, unchecked. */
export type CommandFlags = Readonly<Partial<Record<CommandFlag, string | boolean>>>;

export type CommandLine = {
  readonly command: Command;
  /** The argument of a command: the FILE of a backup, the ID of a session. */
  readonly operand?: string;
  readonly commandFlags: CommandFlags;
  /** By flag, unchecked. */
  readonly settings: Readonly<Record<string, unknown>>;
};

type Option = { readonly type: 'boolean' | 'string'; readonly multiple: boolean };

/** @throws SettingError if a word or a flag is unknown, or the command does not take it */
export function readCommandLine(argv: readonly string[]): CommandLine {
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
    commandFlags: Object.fromEntries(own),
    settings: Object.fromEntries(entries.filter(([name]) => !isOfCommand(name))),
  };
}

function parsed(argv: readonly string[]) {
  const options: Record<string, Option> = {};
  for (const { flag, value, separator } of SETTING_LIST) {
    options[flag] = optionOf(value !== undefined, separator !== undefined);
  }
  for (const flag of COMMAND_FLAG_NAMES) options[flag] = optionOf(takesValue(flag), false);
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new SettingError(firstLine(error));
  }
}

function optionOf(hasValue: boolean, multiple: boolean): Option {
  return { type: hasValue ? 'string' : 'boolean', multiple };
}

function operandOf(command: Command, words: readonly string[]): string | undefined {
  const { operand } = specOf(command);
  if (operand === undefined && words.length === 0) return undefined;
  if (operand === undefined) throw unknownCommand([command, ...words].join(' '));
  const [word] = words;
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

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return headOf(text.split('\n')[0] ?? '', 200);
}
