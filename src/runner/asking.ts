/** The callbacks with which Claude Code asks its host. */

import { createOnElicitation, type ElicitationPolicy } from './elicitation.ts';
import { createCanUseTool, type PermissionPolicy } from './permissions.ts';
import type { LaunchHooks } from './run-parts.ts';

/** Answers by the policy, or asks a person; none of them rejects. */
export function createAsking(
  policy: PermissionPolicy & ElicitationPolicy,
): Pick<LaunchHooks, 'canUseTool' | 'onElicitation'> {
  return { canUseTool: createCanUseTool(policy), onElicitation: createOnElicitation(policy) };
}
