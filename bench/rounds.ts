/** Rounds: each measures every side, one after the other, and turns the order around for the next. */

import { type Figure, figureOf, type Wanted } from './figures.ts';

/** What one side finds in one round, by name. */
export type Measured<Names extends string> = Readonly<Record<Names, number>>;

export type Side<Names extends string> = (round: number) => Promise<Measured<Names>>;

export class Rounds<Sides extends string, Names extends string> {
  readonly #found: ReadonlyMap<string, readonly Measured<Names>[]>;

  constructor(found: ReadonlyMap<string, readonly Measured<Names>[]>) {
    this.#found = found;
  }

  /** The figure `name` of one side against another's. */
  figure(wanted: Wanted, name: Names, sides: { ours: Sides; base: Sides }): Figure {
    return figureOf(wanted, this.values(sides.ours, name), this.values(sides.base, name));
  }

  values(side: Sides, name: Names): readonly number[] {
    return (this.#found.get(side) ?? []).map((measured) => measured[name]);
  }
}

/** Another round comes first and is thrown away by default: caches fill and code is compiled in it. */
export async function alternate<Sides extends string, Names extends string>(
  rounds: number,
  sides: Readonly<Record<Sides, Side<Names>>>,
  { warmUp = true } = {},
): Promise<Rounds<Sides, Names>> {
  const found = new Map<string, Measured<Names>[]>();
  const names = Object.keys(sides) as Sides[];
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) {
      const measured = await sides[name](round);
      if (round >= 0) found.set(name, [...(found.get(name) ?? []), measured]);
    }
  }
  return new Rounds(found);
}

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
