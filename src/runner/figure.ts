/** Figures of the API, as Claude Code passes them on. */

export const HTTP_STATUS_MAX = 999;

/** The figure as a whole number; undefined if it is no number, negative, or too large to be meant. */
export function figure(value: unknown, max: number): number | undefined {
  if (typeof value !== 'number' || !(value >= 0 && value <= max)) return undefined;
  return Math.round(value);
}
