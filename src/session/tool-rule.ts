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
