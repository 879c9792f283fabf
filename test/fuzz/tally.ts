/** What was tried and what came of it, and what should not have. */

import { type Counts, count } from '../rig/report.ts';

export class Tally {
  /** By kind of input and outcome. */
  readonly counts: Record<string, Counts> = {};
  /** The number of outcomes. */
  total = 0;
  readonly #violations: string[];

  constructor(violations: string[]) {
    this.#violations = violations;
  }

  add(kind: string, outcome: string): void {
    this.counts[kind] ??= {};
    count(this.counts[kind], outcome);
    this.total += 1;
  }

  /** @param input what was sent, so that it can be sent again */
  violation(kind: string, problem: string, input: Buffer): void {
    const shown = JSON.stringify(input.toString('latin1').slice(0, 300));
    this.#violations.push(`${kind}: ${problem}: ${shown}`);
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
export function problemIn(answer: string): string | undefined {
  const isInternal = /-32603|\\?"code\\?":\\?"INTERNAL/.test(answer);
  const isInside = /\n\s+at |\\n\s+at |node_modules|\/dist\//.test(answer);
  if (!isInternal && !isInside) return undefined;
  return `${isInternal ? 'an internal error' : 'a stack or a path'}: ${answer.slice(0, 300)}, asked with`;
}
