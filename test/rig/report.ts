/** How a long run is reported to the person who started it. */

const SHOWN_MAX = 20;
const NAME_WIDTH = 34;

export type Counts = Record<string, number>;
export type Figures = Readonly<Record<string, number | Readonly<Counts>>>;

export type Verdict<S extends Figures = Figures> = {
  readonly summary: S;
  readonly violations: readonly string[];
  /** The files of the run, which are kept if there are violations. */
  readonly directory: string;
};

/** Prints the verdict, and returns the exit code that goes with it. */
export function report(verdict: Verdict, asJson: boolean): number {
  process.stdout.write(`${asJson ? JSON.stringify(verdict) : tableOf(verdict)}\n`);
  return verdict.violations.length === 0 ? 0 : 1;
}

export function count(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

export function countOf(names: readonly unknown[]): Counts {
  const counts: Counts = {};
  for (const name of names) count(counts, String(name));
  return counts;
}

/** The value that this share of the values does not exceed, to a tenth; 0 if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
}

function tableOf({ summary, violations, directory }: Verdict): string {
  const rows = Object.entries(summary).map(([name, value]) => `${label(name)}${shown(value)}`);
  const found = violations.slice(0, SHOWN_MAX).map((line) => `  ${line}`);
  const more = violations.length > SHOWN_MAX ? ['  …'] : [];
  const kept = violations.length > 0 ? [`kept in ${directory}`] : [];
  return [...rows, `${label('violations')}${violations.length}`, ...found, ...more, ...kept].join(
    '\n',
  );
}

/** `refusedWrites` reads as "refused writes". */
function label(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).padEnd(NAME_WIDTH);
}

function shown(value: Figures[string]): string {
  if (typeof value === 'number') return String(value);
  return (
    Object.entries(value)
      .map(([name, figure]) => `${name} ${figure}`)
      .join(', ') || 'none'
  );
}
