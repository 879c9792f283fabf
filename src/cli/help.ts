/** What `--help` and the command `help` print, from the tables of commands and settings; at most 80 columns. */

import { commandNamed } from '../command-line.ts';
import {
  COMMAND_GROUPS,
  COMMAND_NAMES,
  type Command,
  flagOf,
  OPERANDS,
  specOf,
  synopsisOf,
} from '../commands.ts';
import { SETTING_LIST } from '../settings.ts';
import { wrap } from '../views/screen.ts';
import type { CommandContext } from './terminal.ts';

const PROGRAM = 'claude-sessions-mcp';
const COLUMNS = 80;
const GROUP_WIDTH = 'maintain  '.length;
const COMMAND_WIDTH = 'answer ID [-]     '.length;
const FLAG_WIDTH = '--max-sessions-per-principal N  '.length;

export async function help({ settings, terminal }: CommandContext): Promise<number> {
  await terminal.write(`${helpAbout(settings.operand)}\n`);
  return 0;
}

/** The help about a command or about `settings`; without a word, what there is. */
export function helpAbout(word?: string): string {
  if (word === undefined) return overview();
  if (word === 'settings') return settingsHelp();
  return commandHelp(commandNamed(word));
}

function overview(): string {
  const groups = COMMAND_GROUPS.flatMap((group) =>
    COMMAND_NAMES.filter((command) => specOf(command).group === group).map((command, at) => {
      const word = command === 'stdio' ? '(no command)' : synopsisOf(command);
      const head = (at === 0 ? group : '').padEnd(GROUP_WIDTH);
      return `${head}${word.padEnd(COMMAND_WIDTH)}${specOf(command).does}`;
    }),
  );
  return [
    `Usage: ${PROGRAM} [command] [flags]`,
    '',
    ...groups,
    '',
    `${PROGRAM} help COMMAND, or COMMAND --help, explains a command.`,
    `${PROGRAM} help settings lists the settings. --version is the version.`,
  ].join('\n');
}

function commandHelp(command: Command): string {
  const { operands = [], flags, does, more, example } = specOf(command);
  const synopsis = command === 'stdio' ? '' : ` ${synopsisOf(command)}`;
  const about = operands.map(({ of, isOptional }) => {
    const { word, is } = OPERANDS[of];
    return `${word}${isOptional ? ' (optional)' : ''}: ${is}.`;
  });
  const own = flags.map((flag) => {
    const { value, values, isRepeatable, does } = flagOf(flag);
    const choice = values === undefined ? '' : `: ${values.join(', ')}`;
    return line(flag, value, `${does}${choice}${isRepeatable ? '; repeatable' : ''}`);
  });
  return [
    `Usage: ${PROGRAM}${synopsis} [flags]`,
    '',
    ...paragraph(`${does.charAt(0).toUpperCase()}${does.slice(1)}. ${more ?? ''}`),
    ...['', ...about.flatMap(paragraph)].slice(about.length === 0 ? 1 : 0),
    '',
    ...own.flat(),
    ...(own.length === 0 ? [] : ['']),
    ...paragraph(settingsNote(command)),
    '',
    'Example:',
    `  ${PROGRAM} ${example}`,
    '',
    ...paragraph(EXIT_CODES[specOf(command).group === 'serve' ? 'serve' : 'other']),
  ].join('\n');
}

const EXIT_CODES = {
  serve:
    'Exit code: 0 after the end of the input or a signal, 2 for a bad setting, 1 for anything else.',
  other: 'Exit code: 0 for success, 1 if it fails or finds nothing, 2 for a bad command line.',
};

function settingsNote(command: Command): string {
  if (command === 'help' || command === 'completion') return '';
  const which =
    specOf(command).group === 'serve' ? 'the settings' : 'settings, above all --state-dir DIR';
  return `It takes ${which}: see ${PROGRAM} help settings.`;
}

function settingsHelp(): string {
  const lines = SETTING_LIST.map(({ flag, value, values, does, schema }) => {
    const usual = defaultText(flag, schema.safeParse(undefined).data);
    const choice = values === undefined ? '' : `: ${values.join(', ')}`;
    return line(flag, value, `${does}${choice}${usual}`);
  });
  return [
    ...paragraph(
      'A setting is a flag, or a variable: CLAUDE_SESSIONS_ and the flag in capitals, with _ for each -. The flag wins.',
    ),
    '',
    ...lines.flat(),
  ].join('\n');
}

/** Switches are off, and what has no default says so itself. */
function defaultText(flag: string, value: unknown): string {
  const unit = flag.endsWith('-ms') ? ' ms' : '';
  if (typeof value === 'number') return ` (default ${value}${unit})`;
  return typeof value === 'string' ? ` (default ${value})` : '';
}

function line(flag: string, value = '', does = ''): readonly string[] {
  const word = `--${flag} ${value}`.trimEnd().padEnd(FLAG_WIDTH);
  return wrap(does, COLUMNS - FLAG_WIDTH - 2).map(
    (text, at) => `  ${at === 0 ? word : ' '.repeat(FLAG_WIDTH)}${text}`,
  );
}

function paragraph(text: string): readonly string[] {
  return text === '' ? [] : wrap(text.trim(), COLUMNS);
}
