/** What metrics are asked for. */

import { mcpSessionScope, PRINCIPAL_SCOPE, taskScope } from '../session/metrics.ts';
import type { Caller } from './caller.ts';

export type MetricsScope =
  | { readonly of: 'principal' }
  | { readonly of: 'mcpSession' }
  | { readonly of: 'session'; readonly sessionId: string }
  | { readonly of: 'task'; readonly taskId: string };

/** The name of the sums that the store keeps of it. */
export function sumsName(caller: Caller, scope: Exclude<MetricsScope, { of: 'session' }>): string {
  if (scope.of === 'task') return taskScope(scope.taskId);
  return scope.of === 'principal' ? PRINCIPAL_SCOPE : mcpSessionScope(caller.mcpSessionId ?? '');
}
