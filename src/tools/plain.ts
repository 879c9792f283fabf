/** Text that came from Claude or a repository, for the eyes of a person: nothing hidden, and bounded. */

import { HIDDEN, headOf } from '../text.ts';

/** The text without what cannot be seen, at most so many characters of it; what is cut is counted. */
export function plainText(text: string, charsMax: number): string {
  const kept = headOf(text, charsMax);
  const shown = kept.replace(HIDDEN, '\ufffd');
  const cut = text.length - kept.length;
  return cut === 0 ? shown : `${shown}… [${cut} characters cut]`;
}

/** The same on one line. */
export function plainLine(text: string, charsMax: number): string {
  return plainText(text.replace(/\s+/g, ' ').trim(), charsMax);
}
