/** What a benchmark finds: a figure of ours beside what it is held against, and what it should be. */

export type Target =
  | { readonly ratioAtMost: number }
  | { readonly ratioAtLeast: number }
  | { readonly oursAtMost: number }
  | { readonly oursAtLeast: number };

export type Unit = 'ms' | 'us' | '/s' | 'MiB' | '% of a core' | 'count';

export type Figure = {
  readonly name: string;
  readonly unit: Unit;
  /** Medians over the rounds. */
  readonly ours: number;
  readonly base: number;
  /** What `base` is the figure of. */
  readonly against: string;
  /** The median of the rounds' ratios, and the least and greatest of them. Absent if there is nothing to divide by. */
  readonly ratio?: number;
  readonly spread?: readonly [number, number];
  readonly rounds: number;
  readonly target?: Target;
  /** Absent without a target. */
  readonly met?: boolean;
};

export type Wanted = Pick<Figure, 'name' | 'unit' | 'against'> & { readonly target?: Target };

/** @param ours, base one value a round, in the order of the rounds */
export function figureOf(wanted: Wanted, ours: readonly number[], base: readonly number[]): Figure {
  const ratios = ours.map((value, round) => value / (base[round] ?? Number.NaN));
  const found = {
    ...wanted,
    ours: median(ours),
    base: median(base),
    ...(ratios.every(Number.isFinite) && {
      ratio: median(ratios),
      spread: [Math.min(...ratios), Math.max(...ratios)] as const,
    }),
    rounds: ours.length,
  };
  return wanted.target === undefined ? found : { ...found, met: isMet(wanted.target, found) };
}

type Found = Pick<Figure, 'ours' | 'ratio'>;

function isMet(target: Target, { ours, ratio = Number.NaN }: Found): boolean {
  if ('ratioAtMost' in target) return ratio <= target.ratioAtMost;
  if ('ratioAtLeast' in target) return ratio >= target.ratioAtLeast;
  if ('oursAtMost' in target) return ours <= target.oursAtMost;
  return ours >= target.oursAtLeast;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
