/** The flags of `npm run chaos` and `npm run crash`. A bad one ends the program with one line and exit code 2. */

import { parseArgs } from 'node:util';

/** A flag's default, and its kind with it: a whole number from 1 up, one of some words, or a switch. */
type Flag = number | readonly [string, ...string[]] | false;

type Value<F extends Flag> = F extends number
  ? number
  : F extends readonly (infer Word)[]
    ? Word
    : boolean;

export type Options<F extends Readonly<Record<string, Flag>>> = {
  readonly [Name in keyof F]: Value<F[Name]>;
};

/** Reads the command line. With `--help` it prints the flags, and the program ends with 0. */
export function optionsOf<const F extends Readonly<Record<string, Flag>>>(
  flags: F,
  args = process.argv.slice(2),
): Options<F> {
  try {
    const given: Readonly<Record<string, unknown>> = parseArgs({
      args,
      options: { ...typesOf(flags), help: { type: 'boolean' } },
    }).values;
    if (given.help) end(process.stdout, usageOf(flags), 0);
    const entries = Object.entries(flags).map(([name, flag]) => [
      name,
      read(name, flag, given[name]),
    ]);
    return Object.fromEntries(entries);
  } catch (error) {
    const [problem] = error instanceof Error ? error.message.split(/\. |\.?\n/) : [String(error)];
    return end(process.stderr, `${problem}; --help shows the flags`, 2);
  }
}

function typesOf(flags: Readonly<Record<string, Flag>>) {
  const entries = Object.entries(flags).map(([name, flag]) => [
    name,
    { type: flag === false ? 'boolean' : 'string' } as const,
  ]);
  return Object.fromEntries(entries) as Record<string, { type: 'boolean' | 'string' }>;
}

function read(name: string, flag: Flag, given: unknown): unknown {
  if (flag === false) return given === true;
  if (typeof flag === 'number') return given === undefined ? flag : wholeNumber(name, given);
  if (given === undefined) return flag[0];
  if (flag.some((word) => word === given)) return given;
  throw new Error(`--${name} ${given}: expected one of ${flag.join(', ')}`);
}

function wholeNumber(name: string, given: unknown): number {
  const value = Number(given);
  if (given !== '' && Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${given}: expected a whole number above 0`);
}

function usageOf(flags: Readonly<Record<string, Flag>>): string {
  const lines = Object.entries(flags).map(([name, flag]) => {
    if (flag === false) return `  --${name}`;
    const words = typeof flag === 'number' ? 'N' : flag.join('|');
    const usual = typeof flag === 'number' ? flag : flag[0];
    return `  ${`--${name} ${words}`.padEnd(44)}${usual}`;
  });
  return ['flags, and what they are without you:', ...lines].join('\n');
}

function end(stream: NodeJS.WriteStream, text: string, code: number): never {
  stream.write(`${text}\n`);
  process.exit(code);
}
