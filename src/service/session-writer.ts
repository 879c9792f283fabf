/**
 * Writes the output of a run, and commands about it, to the session's log, in order and under its lease. Output that comes
 * within a millisecond, or during a write, is written together.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { OUTPUT_BACKLOG_BYTES_MAX } from '../process-limits.ts';
import type { SessionCommand, TurnOutcome } from '../session/decide.ts';
import { type OutputBody, sizeOfOutput, type UsageByModel } from '../session/event.ts';
import { addUsageByModel, totalOf } from '../session/usage.ts';
import type { Fence, Store } from '../store/store.ts';

/** Claude Code reports the end of a turn right after its last output, so both go into one commit. */
const GATHER_MS = 1;

export type SessionWriterDeps = {
  readonly store: Pick<Store, 'append'>;
  readonly fence: Fence;
  /** A write has failed, so its output is not in the log. */
  failed(error: unknown): void;
};

export class SessionWriter {
  readonly #deps: SessionWriterDeps;
  #pending: OutputBody[] = [];
  /** The last autonomous turn that is logged as part of ours, and the usage of all of them. */
  #folded: { readonly turnId: string; readonly usage: UsageByModel } | undefined;
  /** Bytes that are not written yet. */
  #backlog = 0;
  #isNextDue = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(deps: SessionWriterDeps) {
    this.#deps = deps;
  }

  /**
   * Adds output, to be written soon.
   *
   * @param turnId the current turn, to which the output of a folded one is assigned
   */
  say(said: OutputBody, turnId?: string): void {
    const isFolded = said.turnId !== undefined && said.turnId === this.#folded?.turnId;
    const body = isFolded && turnId ? { ...said, turnId } : said;
    this.#backlog += sizeOfOutput(body);
    this.#pending.push(body);
    if (!this.#isNextDue)
      void this.#writing.then(() => sleep(GATHER_MS)).then(() => this.settled());
    this.#isNextDue = true;
  }

  /** From here on, an autonomous turn is logged as part of the current turn. */
  fold(turnId: string, used: UsageByModel = {}): void {
    this.#folded = { turnId, usage: addUsageByModel(this.#folded?.usage ?? {}, used) };
  }

  /** Returns the outcome of a turn including the usage of folded ones; undefined if the turn itself is folded. */
  unfold(turnId: string, outcome: TurnOutcome): TurnOutcome | undefined {
    if (turnId === this.#folded?.turnId) {
      this.fold(turnId, outcome.usageByModel);
      return undefined;
    }
    const folded = this.#folded;
    this.#folded = undefined;
    if (folded === undefined) return outcome;
    const usageByModel = addUsageByModel(outcome.usageByModel ?? {}, folded.usage);
    return { ...outcome, usageByModel, usage: totalOf(usageByModel) };
  }

  /** Undefined while there is room for more output; otherwise resolves when there is. */
  room(): Promise<void> | undefined {
    return this.#backlog < OUTPUT_BACKLOG_BYTES_MAX ? undefined : this.settled();
  }

  /** Writes commands after all output so far. Resolves with the error if they are refused; rejects if the write fails. */
  write(commands: readonly SessionCommand[]): Promise<unknown> {
    this.#isNextDue = false;
    const output = this.#pending;
    this.#pending = [];
    const written = this.#writing.then(() => this.#append(output, commands));
    this.#writing = written.catch((error: unknown) => this.#deps.failed(error));
    return written;
  }

  /** Resolves when all output so far has been written, or could not be. */
  async settled(): Promise<void> {
    await this.write([]).catch(() => {});
  }

  /** If a command is not legal any more, the output before it is written nevertheless. */
  async #append(
    output: readonly OutputBody[],
    commands: readonly SessionCommand[],
  ): Promise<unknown> {
    if (output.length === 0 && commands.length === 0) return undefined;
    const { store, fence } = this.#deps;
    const command = { type: 'record', said: output, commands } as const;
    const { refused } = await store.append(fence.sessionId, command, { fence });
    for (const body of output) this.#backlog -= sizeOfOutput(body);
    return refused;
  }
}
