/** How a run is told to the person who started it. */

const SHOWN_MAX = 20;
const NAME_WIDTH = 34;

export type Figures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

export type Verdict<S extends Figures = Figures> = {
  readonly summary: S;
  readonly violations: readonly string[];
  /** The files of the run, which stay where there are violations. */
  readonly directory: string;
};

/** Prints the verdict, and gives the exit code that goes with it. */
export function report(verdict: Verdict, asJson: boolean): number {
  process.stdout.write(`${asJson ? JSON.stringify(verdict) : tableOf(verdict)}\n`);
  return verdict.violations.length === 0 ? 0 : 1;
}

function tableOf({ summary, violations, directory }: Verdict): string {
  const rows = Object.entries(summary).map(([name, value]) => `${label(name)}${shown(value)}`);
  const found = violations.slice(0, SHOWN_MAX).map((line) => `  ${line}`);
  const more = violations.length > SHOWN_MAX ? ['  …'] : [];
  const kept = violations.length > 0 ? [`kept in ${directory}`] : [];
  const count = `${label('violations')}${violations.length}`;
  return [...rows, count, ...found, ...more, ...kept].join('\n');
}

/** `refusedWrites` reads as "refused writes". */
function label(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).padEnd(NAME_WIDTH);
}

function shown(value: Figures[string] | undefined): string {
  if (typeof value === 'number') return String(value);
  const parts = Object.entries(value ?? {}).map(([name, count]) => `${name} ${count}`);
  return parts.join(', ') || 'none';
}
