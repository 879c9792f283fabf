/**
 * What operators see: log lines about prompts (`journal.ts`) and figures for Prometheus (`prometheus.ts`). Both are made
 * from commits, so they report only what has been written. Neither contains prompts, results, tool inputs, paths or
 * credentials; the figures contain no ids either.
 */

import type { ErrorCode } from '../errors.ts';
import type { Commit } from '../store/store.ts';

export type ToolCall = {
  /** The name of a tool in our table, or `unknown`. */
  readonly tool: string;
  readonly outcome: 'ok' | ErrorCode;
  readonly durationMs: number;
};

/** Receives the figures. No method may throw. */
export interface Telemetry {
  committed(commit: Commit): void;
  toolCalled(call: ToolCall): void;
}

/** For a server that serves no metrics. */
export const NO_TELEMETRY: Telemetry = { committed: () => {}, toolCalled: () => {} };
