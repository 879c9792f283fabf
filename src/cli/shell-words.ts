/** Words as a shell has them: with quotes and backslashes. */

import type { Shell } from '../commands.ts';

type Quote = '' | '"' | "'";

/** A word as it would reach a program, and the quote that is still open at its end. */
export type ShellWord = { readonly text: string; readonly open: Quote };

/** Takes quotes and backslashes away, as far as a half-typed word has them. */
export function unquoted(raw: string): ShellWord {
  let text = '';
  let open: Quote = '';
  for (let at = 0; at < raw.length; at += 1) {
    const letter = raw.charAt(at);
    const isQuote = letter === '"' || letter === "'";
    if (letter === '\\' && open !== "'") {
      at += 1;
      text += raw.charAt(at);
    } else if (isQuote && (open === '' || open === letter)) {
      open = open === '' ? letter : '';
    } else {
      text += letter;
    }
  }
  return { text, open };
}

/**
 * The word as it must be inserted. zsh and fish quote by themselves. Undefined if it cannot be written inside the open
 * quote.
 */
export function quoted(shell: Shell, open: Quote, word: string): string | undefined {
  if (shell !== 'bash') return word;
  if (open === '"') return word.replace(/["\\$`]/g, '\\$&');
  if (open === "'") return word.includes("'") ? undefined : word;
  // Also what bash would break the word at: a colon, and an equals sign.
  return word.replace(/[^\p{L}\p{N}@%+.,/_-]/gu, '\\$&');
}
