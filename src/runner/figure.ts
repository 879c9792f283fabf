/** Numbers of the API, as Claude Code passes them on. */

/** A whole number that can be meant; undefined for anything else that stands in its place. */
export function figure(value: unknown, max: number): number | undefined {
  if (typeof value !== 'number' || !(value >= 0 && value <= max)) return undefined;
  return Math.round(value);
}
