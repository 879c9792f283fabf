/** What a person types into a shell to add this server to Claude Code. */

import { CLIENT_ENTRIES_MAX } from '../limits.ts';
import { SCRAPER } from './http-figures.ts';
import { DEFAULT_PRINCIPAL } from './identity.ts';

type Tokens = {
  readonly file: string;
  /** In the order of the file. */
  readonly principals: ReadonlySet<string>;
};

/** A line for each principal of the token file, or the one that needs no token. Each gives exactly one token away. */
export function clientEntries(url: string, tokens: Tokens | undefined): readonly string[] {
  if (tokens === undefined) return [`add it to Claude Code with: ${commandFor(url)}`];
  const { file, principals } = tokens;
  const callers = [...principals].filter((name) => name !== SCRAPER);
  const lines = callers.slice(0, CLIENT_ENTRIES_MAX).map((name) => {
    const as = callers.length > 1 ? ` as ${name}` : '';
    return `add it to Claude Code${as} with: ${commandFor(url, tokenOf(name, file))}`;
  });
  const more = callers.length - lines.length;
  if (more === 0) return lines;
  return [...lines, `${more} more names stand in ${file}; their lines differ in the name alone`];
}

function commandFor(url: string, token?: string): string {
  // Nothing stands between double quotes: an interactive shell would replace what follows a `!` there.
  const header = token === undefined ? '' : ` --header 'Authorization: Bearer '${token}`;
  return `claude mcp add --transport http claude-sessions ${quoted(url)}${header}`;
}

/**
 * Has the shell read the token from the file, so that the token itself reaches no screen, log or history. Spaces, the
 * CR of Windows and a byte order mark go away; what has no name is the default principal's; the first token counts.
 */
function tokenOf(principal: string, file: string): string {
  const named = principal === DEFAULT_PRINCIPAL ? `/#/d;s/^[^:]*$/${principal}:&/;` : '';
  const name = principal.replaceAll('.', '[.]');
  const script = `s/[^[:graph:]]//g;${named}/^${name}:./{s/.*://p;q;}`;
  return `$(LC_ALL=C sed -n '${script}' ${quoted(file)})`;
}

/** One word of a POSIX shell, whatever stands in it. */
function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
