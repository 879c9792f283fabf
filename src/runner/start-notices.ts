/** What the log of a session says when a process has started for it. */

import { quoteId } from '../errors.ts';

type StartFacts = {
  /** MCP servers that the session was given and that are no longer there. */
  readonly missing: readonly string[];
  /** Those in files above its directory that it does not get. */
  readonly left: readonly { readonly file: string }[];
  /** Prompts that others have put. */
  readonly grown: number;
  /** Nothing is left of the conversation. */
  readonly isLost: boolean;
};

export function startNotices({ missing, left, grown, isLost }: StartFacts): readonly string[] {
  return [
    missing.length > 0 ? missingText(missing) : '',
    left.length > 0 ? leftText(left) : '',
    grown > 0 ? grownText(grown) : '',
    isLost ? NOTHING_KEPT : '',
  ].filter(Boolean);
}

const NOTHING_KEPT =
  'Claude Code has no transcript of the earlier turns: the conversation begins with this one.';

function missingText(names: readonly string[]): string {
  const which = names.length === 1 ? 'The MCP server' : 'The MCP servers';
  const are = names.length === 1 ? 'is' : 'are';
  return `${which} ${names.join(', ')} ${are} no longer in the operator's --session-mcp-config; the session goes on without.`;
}

function leftText(left: StartFacts['left']): string {
  const files = [...new Set(left.map(({ file }) => quoteId(file)))].join(', ');
  return `MCP servers of ${files} were not started: a folder above the session's directory has to be trusted itself.`;
}

function grownText(prompts: number): string {
  const count = prompts === 1 ? 'One prompt was' : `${prompts} prompts were`;
  return `${count} put to this conversation outside of this server; the session goes on from there.`;
}
