/** The shell command that adds this server to Claude Code. */

import { CLIENT_ENTRIES_MAX } from '../../connection-limits.ts';
import { DEFAULT_PRINCIPAL } from './identity.ts';
import { SCRAPER } from './routes.ts';

type Tokens = {
  readonly file: string;
  /** In the order of the file. */
  readonly principals: ReadonlySet<string>;
};

/** A line for each principal of the token file, or one line without a token. Each reveals exactly one token. */
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
  return [...lines, `${file} has ${more} more names; their lines differ only in the name`];
}

function commandFor(url: string, token?: string): string {
  // No double quotes: inside them, an interactive shell would replace what follows a `!`.
  const header = token === undefined ? '' : ` --header 'Authorization: Bearer '${token}`;
  return `claude mcp add --transport http claude-sessions ${quoted(url)}${header}`;
}

/**
 * Has the shell read the token from the file, so that the token itself appears on no screen and in no log or history.
 * Removes spaces, the CR of Windows and a byte order mark. A token without a name is the default principal's; of several,
 * the first one counts.
 */
function tokenOf(principal: string, file: string): string {
  const named = principal === DEFAULT_PRINCIPAL ? `/#/d;s/^[^:]*$/${principal}:&/;` : '';
  const name = principal.replaceAll('.', '[.]');
  const script = `s/[^[:graph:]]//g;${named}/^${name}:./{s/.*://p;q;}`;
  return `$(LC_ALL=C sed -n '${script}' ${quoted(file)})`;
}

/** One word of a POSIX shell, whatever it contains. */
function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
