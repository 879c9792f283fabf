/** What was tried and what came of it, and what should not have. */

export class Tally {
  readonly violations: string[] = [];
  readonly #counts = new Map<string, Map<string, number>>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(kind: string, outcome: string): void {
    const outcomes = this.#counts.get(kind) ?? new Map<string, number>();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.#counts.set(kind, outcomes);
    this.#total += 1;
  }

  /** @param input what was sent, so that it can be sent again */
  violation(kind: string, problem: string, input: Uint8Array): void {
    const shown = JSON.stringify(Buffer.from(input).toString('latin1').slice(0, 300));
    this.violations.push(`${kind}: ${problem}: ${shown}`);
  }

  /** Count by kind and outcome. */
  table(): Record<string, Record<string, number>> {
    const kinds = [...this.#counts].map(([kind, outcomes]) => [
      kind,
      Object.fromEntries([...outcomes].sort()),
    ]);
    return Object.fromEntries(kinds);
  }
}

/** A JSON-RPC answer in a few words. */
export function outcomeOf(message: {
  readonly error?: { readonly code?: unknown };
  readonly result?: unknown;
}): string {
  if (message.error !== undefined) return `error ${String(message.error.code)}`;
  const text = JSON.stringify(message.result);
  const isError = /"isError":true/.test(text);
  return isError ? `tool error ${/\\"code\\":\\"([A-Z_]+)/.exec(text)?.[1]}` : 'result';
}

/** What no input may lead to: a defect of ours, or a look inside. */
export function problemIn(text: string): string | undefined {
  if (/-32603|\\?"code\\?":\\?"INTERNAL/.test(text)) return 'an internal error';
  if (/\n\s+at |\\n\s+at |node_modules|\/dist\//.test(text)) return 'a stack or a path';
  return undefined;
}
