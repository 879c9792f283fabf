/** "Did you mean": the known word that somebody most likely meant. */

/** Maximum number of edits, as a part of the length of the word. */
const EDITS_PART_MAX = 1 / 3;

/** A beginning of this length is as near as one edit. */
const BEGINNING_CHARS_MIN = 3;

/**
 * The known word nearest to the given one, or undefined if none is near. Case, `_` and `-` do not count, a swap of two
 * neighbours counts once, a beginning is near, and the first of several that are equally near wins. Cheap for a word of
 * any length.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const longest = Math.max(0, ...known.map((one) => one.length));
  // A longer one is near to none; its separators need not be counted.
  if (word.length > 2 * longest + 2) return undefined;
  const asked = plain(word);
  let best: { readonly word: string; readonly edits: number } | undefined;
  for (const candidate of known) {
    const other = plain(candidate);
    const isBeginning = asked.length >= BEGINNING_CHARS_MIN && other.startsWith(asked);
    const edits = isBeginning
      ? Math.min(1, other.length - asked.length)
      : editsBetween(asked, other);
    const isNear = edits <= Math.max(asked.length, other.length) * EDITS_PART_MAX;
    if (isNear && (best === undefined || edits < best.edits)) best = { word: candidate, edits };
  }
  return best?.word;
}

/** The end of an error about an unknown word: what may have been meant, if one of the known words is near. */
export function meantText(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}

/** The number of insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editsBetween(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_cell, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = cell(last, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? cell(before, j - 2) + 1 : Infinity;
      row.push(Math.min(replaced, swapped, cell(row, j - 1) + 1, cell(last, j) + 1));
    }
    [before, last] = [last, row];
  }
  return cell(last, to.length);
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? Infinity;
}
