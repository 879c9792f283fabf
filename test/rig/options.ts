/** The flags of a long run. A bad one ends the program with one line and exit code 2. */

import { parseArgs } from 'node:util';

/** A whole number, of which the smallest is not 1. */
type Range = { readonly usual: number; readonly least: number };

/** A flag's default, and its kind with it: a whole number from 1 up, one of some words, or a switch. */
type Flag = number | Range | readonly [string, ...string[]] | false;

/** By name; `halfOpen` is given as `--half-open`. */
export type Flags = Readonly<Record<string, Flag>>;

type Value<F extends Flag> = F extends number | Range
  ? number
  : F extends readonly (infer Word)[]
    ? Word
    : boolean;

export type Options<F extends Flags> = { readonly [Name in keyof F]: Value<F[Name]> };

/** Reads the command line. With `--help` it prints the flags, and the program ends with 0. */
export function optionsOf<const F extends Flags>(flags: F, args: string[]): Options<F> {
  const names = Object.keys(flags);
  const types = names.map((name) => [
    shown(name),
    { type: flags[name] === false ? 'boolean' : 'string' },
  ]);
  try {
    const { help, ...given }: Readonly<Record<string, unknown>> = parseArgs({
      args,
      options: { ...Object.fromEntries(types), help: { type: 'boolean' } },
    }).values;
    if (help) end(process.stdout, usageOf(flags), 0);
    const values = names.map((name) => [
      name,
      read(shown(name), flags[name] ?? false, given[shown(name)]),
    ]);
    return Object.fromEntries(values);
  } catch (error) {
    const [problem] = error instanceof Error ? error.message.split(/\. |\.?\n/) : [String(error)];
    return end(process.stderr, `${problem}; --help shows the flags`, 2);
  }
}

function shown(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function read(name: string, flag: Flag, given: unknown): unknown {
  if (flag === false) return given === true;
  const value = given ?? usualOf(flag);
  if (isWords(flag)) {
    if (flag.some((word) => word === value)) return value;
    throw new Error(`--${name} ${value}: expected one of ${flag.join(', ')}`);
  }
  const least = typeof flag === 'number' ? 1 : flag.least;
  if (value !== '' && Number.isSafeInteger(Number(value)) && Number(value) >= least)
    return Number(value);
  throw new Error(`--${name} ${value}: expected a whole number, ${least} or more`);
}

function isWords(flag: Exclude<Flag, false>): flag is readonly [string, ...string[]] {
  return Array.isArray(flag);
}

function usualOf(flag: Exclude<Flag, false>): number | string {
  if (typeof flag === 'number') return flag;
  return isWords(flag) ? flag[0] : flag.usual;
}

function usageOf(flags: Flags): string {
  const lines = Object.entries(flags).map(([name, flag]) => {
    if (flag === false) return `  --${shown(name)}`;
    const words = isWords(flag) ? flag.join('|') : 'N';
    return `  ${`--${shown(name)} ${words}`.padEnd(44)}${usualOf(flag)}`;
  });
  return ['flags and their defaults:', ...lines].join('\n');
}

function end(stream: NodeJS.WriteStream, text: string, code: number): never {
  stream.write(`${text}\n`);
  process.exit(code);
}
