/** What a session may do and spend, as JSON. */

import { z } from 'zod';
import { DISCONNECT_POLICIES } from '../session/options.ts';
import type { Session } from '../session/session.ts';
import { optionsNow } from '../session/update.ts';
import { countView, shape } from './session.ts';
import { lastFitting } from './weight.ts';

/** About in tokens: of each list. */
const RULES_WEIGHT_MAX = 2_000;

/** What a session may do and spend, beyond what every mention of it says. */
export const rulesView = shape('rules', {
  additionalDirectories: z.array(z.string()).optional(),
  fallbackModel: z.string().optional(),
  allowedTools: z.array(z.string()).optional(),
  disallowedTools: z.array(z.string()).optional(),
  remembered: z.array(z.string()).optional().describe('What answers allowed for the session.'),
  mcpServers: z
    .array(z.string())
    .optional()
    .describe("Which of the operator's MCP servers it has; all of them if absent."),
  maxTurns: countView.optional(),
  maxBudgetUsd: z.number().optional(),
  timeout: countView.optional().describe('Milliseconds a turn may take.'),
  onDisconnect: z.enum(DISCONNECT_POLICIES).optional(),
  sandbox: z.boolean().optional(),
  sandboxDomains: z.array(z.string()).optional(),
  agents: z.array(z.string()).optional().describe('Names of subagents.'),
  omitted: countView.optional().describe('How many rules there was no room for.'),
});

/**
 * Undefined if there are none.
 *
 * @param remembered the texts of what was allowed for the rest of the session
 */
export function showRules(
  session: Session,
  remembered: readonly string[],
): z.infer<typeof rulesView> | undefined {
  const options = optionsNow(session);
  const agents = options.agents && Object.keys(options.agents);
  const shown = (rules: readonly string[] = []) => lastFitting(rules, RULES_WEIGHT_MAX);
  const lists = {
    additionalDirectories: options.additionalDirectories && shown(options.additionalDirectories),
    allowedTools: options.allowedTools && shown(options.allowedTools),
    disallowedTools: options.disallowedTools && shown(options.disallowedTools),
    remembered: remembered.length > 0 ? shown(remembered) : undefined,
    sandboxDomains: options.sandboxDomains && shown(options.sandboxDomains),
    agents: agents && shown(agents),
  };
  const { additionalDirectories, allowedTools, disallowedTools, sandboxDomains } = options;
  const callers = [additionalDirectories, allowedTools, disallowedTools, sandboxDomains];
  const all = [...callers, remembered, agents];
  const rules = {
    ...lists,
    fallbackModel: options.fallbackModel,
    omitted: countOf(all) - countOf(Object.values(lists)) || undefined,
    maxTurns: options.maxTurns,
    maxBudgetUsd: options.maxBudgetUsd,
    timeout: options.timeout,
    onDisconnect: options.onDisconnect,
    mcpServers: options.mcpServers && [...options.mcpServers],
    sandbox: options.sandbox,
  };
  return Object.values(rules).some((value) => value !== undefined) ? rules : undefined;
}

function countOf(lists: readonly (readonly string[] | undefined)[]): number {
  return lists.reduce((sum, list = []) => sum + list.length, 0);
}
