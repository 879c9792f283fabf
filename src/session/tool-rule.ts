/**
 * Claude Code's own notion of parentheses: any `(` opens, the next `)` closes, and they do not nest. No tool has a name
 * with quotes, brackets or braces: such a rule is JSON that was encoded twice, and would forbid nothing.
 */
const RULE = /^[^\s,()"'`[\]{}]+(\([^)]*\)[^\s,()"'`[\]{}]*)*$/;

/**
 * Whether the text is one rule, such as `Read` or `Bash(git *)`. Claude Code takes all rules as one list, which it
 * splits at commas and spaces outside parentheses. Text that would become several rules there, or swallow the next
 * one, is not a rule.
 */
export function isToolRule(text: string): boolean {
  return RULE.test(text);
}

/** Up to the next two underscores it is the server, which no `*` stands for. */
const MCP_RULE = /^mcp__((?:(?!__)[^*])+)(?:__(.+))?$/s;

/**
 * Whether a rule without parentheses covers a tool, as in Claude Code: `mcp__linear` and `mcp__linear__*` cover every tool
 * of that MCP server, `mcp__linear__get_*` those whose names begin like that.
 */
export function coversTool(rule: string, tool: string): boolean {
  const [, server, pattern = '*'] = MCP_RULE.exec(rule) ?? [];
  if (server === undefined) return rule === tool;
  const prefix = `mcp__${server}__`;
  return tool.startsWith(prefix) && fits(tool.slice(prefix.length), pattern);
}

/** Linear, whatever the pattern: `*` stands for any text. */
function fits(text: string, pattern: string): boolean {
  const [head = '', ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return text === head;
  const end = text.length - tail.length;
  if (!text.startsWith(head) || !text.endsWith(tail) || end < head.length) return false;
  let at = head.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
