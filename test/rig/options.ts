/** The flags of a long run. A bad one ends the program with one line and exit code 2. */

import { parseArgs } from 'node:util';

/** A whole number that may be less than 1. */
type Range = { readonly usual: number; readonly least: number };
type Words = readonly [string, ...string[]];

/** A flag's default, and its kind with it: a whole number from 1 up, or one of some words, of which the first is usual. */
type Flag = number | Range | Words;

/** By name; `halfOpen` is given as `--half-open`. */
export type Flags = Readonly<Record<string, Flag>>;

export type Options<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends readonly (infer Word)[] ? Word : number;
};

/** Reads the command line. With `--help` it prints the flags, and the program ends with 0. */
export function optionsOf<F extends Flags>(
  flags: F,
  args: string[],
): { readonly json: boolean; readonly options: Options<F> } {
  const names = Object.keys(flags).map((name) => [name, shown(name)] as const);
  const types = names.map(([, flag]) => [flag, { type: 'string' }]);
  try {
    const { help, json, ...given }: Readonly<Record<string, unknown>> = parseArgs({
      args,
      options: {
        ...Object.fromEntries(types),
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
    if (help) end(process.stdout, usageOf(flags), 0);
    const values = names.map(([name, flag]) => [name, read(flag, flags[name] ?? 0, given[flag])]);
    return { json: json === true, options: Object.fromEntries(values) };
  } catch (error) {
    const [problem] = error instanceof Error ? error.message.split(/\. |\.?\n/) : [String(error)];
    return end(process.stderr, `${problem}; --help shows the flags`, 2);
  }
}

function shown(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function read(name: string, flag: Flag, given: unknown): unknown {
  const value = given ?? usualOf(flag);
  if (isWords(flag)) {
    if (flag.some((word) => word === value)) return value;
    throw new Error(`--${name} ${value}: expected one of ${flag.join(', ')}`);
  }
  const least = typeof flag === 'number' ? 1 : flag.least;
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`--${name} ${value}: expected a whole number, ${least} or more`);
}

function isWords(flag: Flag): flag is Words {
  return Array.isArray(flag);
}

function usualOf(flag: Flag): number | string {
  if (typeof flag === 'number') return flag;
  return isWords(flag) ? flag[0] : flag.usual;
}

function usageOf(flags: Flags): string {
  const lines = Object.entries(flags).map(([name, flag]) => {
    const words = isWords(flag) ? flag.join('|') : 'N';
    return `  ${`--${shown(name)} ${words}`.padEnd(44)}${usualOf(flag)}`;
  });
  return ['flags and their defaults:', ...lines, '  --json'].join('\n');
}

function end(stream: NodeJS.WriteStream, text: string, code: number): never {
  stream.write(`${text}\n`);
  process.exit(code);
}
