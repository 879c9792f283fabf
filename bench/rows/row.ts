/** A row of the benchmark: a few figures that are measured together. */

import type { Figure } from '../figures.ts';
import type { Place } from '../place.ts';
import type { Scale } from '../scale.ts';

export type Bench = {
  readonly scale: Scale;
  readonly place: Place;
  /** Says how far it is. */
  say(line: string): void;
};

export type Row = {
  /** For `--only`. */
  readonly name: string;
  readonly about: string;
  run(bench: Bench): Promise<readonly Figure[]>;
};
