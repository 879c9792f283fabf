/**
 * What the server tells the people who run it: lines about prompts in the log (`journal.ts`) and figures
 * for Prometheus (`prometheus.ts`). Both hear of commits, so they tell what is written and nothing else.
 * Neither holds prompts, results, tool inputs, paths or credentials; the figures hold no ids either.
 */

import type { ErrorCode } from '../errors.ts';
import type { Commit } from '../store/store.ts';

export type ToolCall = {
  /** A name of the table of tools, or `unknown`. */
  readonly tool: string;
  readonly outcome: 'ok' | ErrorCode;
  readonly durationMs: number;
};

/** Where figures go. None of its methods may throw. */
export interface Telemetry {
  committed(commit: Commit): void;
  toolCalled(call: ToolCall): void;
}

/** For a server that nobody scrapes. */
export const NO_TELEMETRY: Telemetry = { committed: () => {}, toolCalled: () => {} };
