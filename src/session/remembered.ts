/**
 * What "allow for the rest of the session" is remembered as. A rule is data, so that it is never confused with the text
 * that a person reads. The runner makes the rule of each request; a remembered answer counts for every later request
 * with an equal rule.
 */

export type RememberRule =
  /** Exactly that input, known by its digest. */
  | { readonly kind: 'input'; readonly tool: string; readonly digest: string }
  /** Files inside a directory, given by its real path, but for protected ones. */
  | { readonly kind: 'files'; readonly tool: string; readonly within: string }
  /** Addresses of one host. */
  | { readonly kind: 'host'; readonly tool: string; readonly host: string }
  /** Any input. */
  | { readonly kind: 'tool'; readonly tool: string };

/** A rule, and the same for people and models to read. */
export type Memory = { readonly as: string; readonly rule: RememberRule };

/** Equal rules have equal names. */
export function ruleName(rule: RememberRule): string {
  const { kind, tool } = rule;
  switch (kind) {
    case 'input':
      return JSON.stringify({ kind, tool, digest: rule.digest });
    case 'files':
      return JSON.stringify({ kind, tool, within: rule.within });
    case 'host':
      return JSON.stringify({ kind, tool, host: rule.host });
    case 'tool':
      return JSON.stringify({ kind, tool });
  }
}

const OLD_BASH = /^Bash ([\w-]{43})$/;
const OLD_MCP = /^mcp__\S+$/;

/**
 * The rule with that name. Earlier versions stored a digest for Bash and the bare name of any other tool. Of the bare
 * names only those of MCP tools still count: `Write` or `WebFetch` was wider than what anybody had been shown. A name
 * that is not understood answers nothing.
 */
export function ruleNamed(name: string): RememberRule | undefined {
  const digest = OLD_BASH.exec(name)?.[1];
  if (digest !== undefined) return { kind: 'input', tool: 'Bash', digest };
  if (OLD_MCP.test(name)) return { kind: 'tool', tool: name };
  try {
    const rule = JSON.parse(name) as RememberRule;
    return name === ruleName(rule) ? rule : undefined;
  } catch {
    return undefined;
  }
}
