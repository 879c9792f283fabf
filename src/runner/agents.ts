/** Subagents that a caller defines. */

import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { SessionOptions } from '../session/options.ts';

/**
 * For a session with agents of its own. They reach Claude Code over its standard input, so they may be long, and no process
 * list shows them.
 */
export function agentOptions({ agents }: SessionOptions): Pick<Options, 'agents'> {
  if (agents === undefined) return {};
  // By name: a definition can hold more than may be chosen, such as a permission mode.
  const defined = Object.entries(agents).map(([name, { description, prompt, tools, model }]) => {
    return [name, { description, prompt, model, ...(tools && { tools: [...tools] }) }] as const;
  });
  return { agents: Object.fromEntries(defined) };
}
