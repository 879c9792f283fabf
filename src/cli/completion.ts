/** Completions for shells: the script that a shell loads, and what it then asks for while somebody types. */

import {
  COMMAND_FLAG_NAMES,
  COMMAND_NAMES,
  type Command,
  flagOf,
  type OperandKind,
  SHELLS,
  type Shell,
  specOf,
} from '../commands.ts';
import { type Environment, readSettings } from '../config.ts';
import { SettingError } from '../errors.ts';
import { meantText } from '../nearest.ts';
import { SETTING_LIST } from '../settings.ts';
import { oneLine } from '../text.ts';
import { type Candidate, requestsToName, sessionsToName } from './completion-ids.ts';
import { COMPLETION_SCRIPTS, FILES } from './completion-scripts.ts';
import { quoted, type ShellWord, unquoted } from './shell-words.ts';
import type { CommandContext } from './terminal.ts';

/** Prints the script for a shell. */
export async function completion({ settings, terminal }: CommandContext): Promise<number> {
  const shell = shellNamed(settings.operand ?? '');
  await terminal.write(`${COMPLETION_SCRIPTS[shell]}\n`);
  return 0;
}

function shellNamed(word: string): Shell {
  const shell = SHELLS.find((known) => known === word);
  if (shell !== undefined) return shell;
  const meant = meantText(word, SHELLS);
  throw new SettingError(
    `completion: expected one of ${SHELLS.join(', ')}, got ${oneLine(word)}${meant}`,
  );
}

/**
 * What may stand at the end of a command line, one candidate a line. Empty if anything goes wrong: whoever types wants no
 * message then.
 *
 * @param words as typed, without the program; the last one is not finished
 */
export async function completionsOf(
  shell: string,
  words: readonly string[],
  environment?: Environment,
): Promise<string> {
  try {
    const place = placeOf(shellNamed(shell), words);
    const found = await candidatesAt(place, environment);
    return found === 'files' ? FILES : found.flatMap((one) => lineOf(place, one)).join('\n');
  } catch {
    return '';
  }
}

/** Where the cursor is. */
type Place = {
  readonly shell: Shell;
  readonly last: ShellWord;
  /** Of the last word, what stands before its value: `--status=`, or nothing. */
  readonly head: string;
  /** The words before it, without quotes. */
  readonly before: readonly string[];
  /** The flag whose value the last word is. */
  readonly flag: string | undefined;
  readonly command: Command | undefined;
  /** Whether no command, known or not, stands before it. */
  readonly isFirst: boolean;
  /** Number of words between the command and the last one that are not flags. */
  readonly operands: number;
};

function placeOf(shell: Shell, raw: readonly string[]): Place {
  const words = rejoined(raw).map(unquoted);
  const last = words.at(-1) ?? { text: '', open: '' };
  const before = words.slice(0, -1).map(({ text }) => text);
  const [, flagHead] = /^(--[a-z-]+=)/.exec(last.text) ?? [];
  const previous = before.at(-1) ?? '';
  const flag = flagHead?.slice(2, -1) ?? (takesValue(previous) ? previous.slice(2) : undefined);
  const plain = before.filter(
    (word, at) => !word.startsWith('-') && !takesValue(before[at - 1] ?? ''),
  );
  const command = COMMAND_NAMES.find((known) => known === plain[0]);
  const operands = Math.max(0, plain.length - 1);
  const isFirst = plain.length === 0;
  return { shell, last, head: flagHead ?? '', before, flag, command, isFirst, operands };
}

/** bash breaks words at an equals sign. */
function rejoined(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const [at, word] of words.entries()) {
    const isRest = at > 0 && (word === '=' || words[at - 1] === '=');
    joined.push(isRest ? `${joined.pop()}${word}` : word);
  }
  return joined;
}

function takesValue(word: string): boolean {
  return word.startsWith('--') && valueTaken(word.slice(2)) !== undefined;
}

/** What a flag takes; undefined if it is a switch, or there is no such flag. */
function valueTaken(flag: string): { value: string; values?: readonly string[] } | undefined {
  const own = COMMAND_FLAG_NAMES.find((known) => known === flag);
  const spec = own ? flagOf(own) : SETTING_LIST.find((known) => known.flag === flag);
  return spec?.value === undefined ? undefined : { value: spec.value, values: spec.values };
}

async function candidatesAt(
  place: Place,
  environment: Environment | undefined,
): Promise<readonly Candidate[] | 'files'> {
  const { last, flag, command, isFirst, operands, before } = place;
  if (flag !== undefined) return valuesOf(flag);
  if (last.text.startsWith('-')) return flagsOf(command);
  if (command === undefined) return isFirst ? commands() : [];
  const kind = specOf(command).operands?.[operands]?.of;
  if (kind !== 'session' && kind !== 'request') return wordsOf(kind);
  const { stateDir } = readSettings(['list', ...stateFlag(before)], environment);
  return kind === 'session' ? sessionsToName(stateDir, place) : requestsToName(stateDir, command);
}

function valuesOf(flag: string): readonly Candidate[] | 'files' {
  const { value, values = [] } = valueTaken(flag) ?? {};
  if (value === 'DIR' || value === 'FILE') return 'files';
  return values.map((word) => ({ word }));
}

/** For a server and the doctor, every setting; other commands mostly need only one. */
function flagsOf(command: Command = 'stdio'): readonly Candidate[] {
  const { group, flags } = specOf(command);
  const isServer = group === 'serve' || command === 'doctor';
  const settings = SETTING_LIST.filter(({ flag }) => isServer || flag === 'state-dir');
  return [
    ...flags.map((flag) => ({ word: `--${flag}`, about: flagOf(flag).does })),
    ...settings.map(({ flag, does }) => ({ word: `--${flag}`, about: does })),
    { word: '--help', about: 'explain it' },
  ];
}

function commands(): readonly Candidate[] {
  return COMMAND_NAMES.map((word) => ({ word, about: specOf(word).does }));
}

function wordsOf(kind: OperandKind | undefined): readonly Candidate[] | 'files' {
  if (kind === 'file') return 'files';
  if (kind === 'shell') return SHELLS.map((word) => ({ word }));
  return kind === 'command' ? [...commands(), { word: 'settings' }] : [];
}

/** The state directory of the command line that is being typed. */
function stateFlag(words: readonly string[]): readonly string[] {
  const at = words.findLastIndex((word) => /^--state-dir(=|$)/.test(word));
  return at === -1 ? [] : words.slice(at, words[at]?.includes('=') ? at + 1 : at + 2);
}

function lineOf({ shell, last, head }: Place, { word, about = '' }: Candidate): readonly string[] {
  if (!`${head}${word}`.startsWith(last.text)) return [];
  // bash has broken the word there, and replaces only what stands behind it.
  const insert = quoted(shell, last.open, shell === 'bash' ? word : `${head}${word}`);
  if (insert === undefined) return [];
  return [shell === 'bash' || about === '' ? insert : `${insert}\t${oneLine(about)}`];
}
