/** What a soak has done and found. */

import type { TurnView } from '../support/mcp-client.ts';

export class Ledger {
  readonly turns: Record<string, number> = {};
  readonly failures: Record<string, number> = {};
  readonly acts: Record<string, number> = {};
  readonly refusals: Record<string, number> = {};
  readonly violations: string[] = [];
  sessions = 0;

  turn({ state, error }: Pick<TurnView, 'state' | 'error'>): void {
    count(this.turns, state);
    if (state === 'failed') count(this.failures, withoutNumbers(error?.message ?? 'no cause'));
  }

  act(name: string): void {
    count(this.acts, name);
  }

  /** A call that was refused for a reason that a busy server may have. */
  refusal(code: string): void {
    count(this.refusals, code);
  }

  violation(text: string): void {
    this.violations.push(text);
  }
}

function count(tally: Record<string, number>, name: string): void {
  tally[name] = (tally[name] ?? 0) + 1;
}

/** Ids and figures would make every message one of its own. */
function withoutNumbers(message: string): string {
  return message.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID');
}
