/**
 * One session with a live Claude Code process: the run, the lease it is under, and the writer that
 * brings what happens into the log, in order. Output is gathered for a moment and written together.
 */

import type { Failure } from '../errors.ts';
import { OUTPUT_COALESCE_MS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { PermissionAsk, PermissionReply, Run, RunListener } from '../runner/runner.ts';
import { decide, type SessionCommand, type TurnOutcome } from '../session/decide.ts';
import type { EventBody, OutputBody, Usage } from '../session/event.ts';
import { addUsage, NO_USAGE } from '../session/session.ts';
import { type Claim, type Fence, StaleFenceError, type Store } from '../store/store.ts';

export type LiveSessionDeps = {
  readonly store: Store;
  readonly now: () => number;
  readonly log: Logger;
  ask(live: LiveSession, ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply>;
  /** A turn has ended and the log says so. */
  turnEnded(live: LiveSession): void;
  /** The process is gone and everything it said is written. */
  gone(live: LiveSession): void;
};

export class LiveSession implements RunListener {
  readonly id: string;
  readonly principal: string;
  readonly fence: Fence;
  /** The turn that runs now, if one does. */
  turnId: string | undefined;
  /** A turn of Claude's own that is told as part of ours, and what it has cost. */
  #folded: { readonly turnId: string; readonly usage: Usage } | undefined;
  #run: Promise<Run> | undefined;
  #pending: OutputBody[] = [];
  #flush: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  readonly #deps: LiveSessionDeps;

  constructor(claim: Claim, deps: LiveSessionDeps) {
    this.id = claim.session.id;
    this.principal = claim.session.principal;
    this.fence = claim.fence;
    this.turnId = claim.turn.id;
    this.#deps = deps;
  }

  /** True from the moment the process is asked to go. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Resolves at once where the process stays, and otherwise when it is gone. */
  async whenClosed(): Promise<void> {
    await this.#closing;
  }

  /** Runs a claimed turn, starting the process where there is none. */
  async runTurn(claim: Claim, start: () => Promise<Run>): Promise<void> {
    this.turnId = claim.turn.id;
    const { store } = this.#deps;
    this.#run ??= start();
    const run = await this.#run;
    // The process is known before the prompt is, and both before Claude hears of it; one commit.
    await Promise.all([
      store.recordProcess(this.fence, run.process),
      store.markPrompted(this.fence, claim.turn.id),
    ]);
    run.prompt(claim.turn.id, claim.turn.prompt);
  }

  async interrupt(): Promise<void> {
    const run = await this.#run;
    await run?.interrupt();
    await this.settled();
  }

  async steer(text: string): Promise<void> {
    const run = await this.#run;
    run?.steer(text);
    this.output({ type: 'notice', ...this.#inTurn(), text: `steered: ${text}` });
  }

  /** Ends the process and all it started; resolves once it is gone and the log is written. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const run = await this.#run?.catch(() => undefined);
    await run?.close();
    await this.settled();
    await this.#deps.store.release(this.fence);
    this.#deps.gone(this);
  }

  output(body: OutputBody): void {
    const isFolded = body.turnId !== undefined && body.turnId === this.#folded?.turnId;
    this.#pending.push(isFolded && this.turnId ? { ...body, turnId: this.turnId } : body);
    this.#flush ??= setTimeout(() => this.#write([]), OUTPUT_COALESCE_MS);
  }

  /** One that begins while a claimed prompt is on its way is told as part of that prompt's turn. */
  autonomousTurnStarted(turnId: string): void {
    if (this.turnId !== undefined) {
      this.#folded = { turnId, usage: NO_USAGE };
      return;
    }
    this.turnId = turnId;
    void this.#write([{ type: 'start_turn', turnId, origin: 'autonomous' }]);
  }

  turnEnded(turnId: string, outcome: TurnOutcome): void {
    if (turnId === this.#folded?.turnId) {
      this.#folded = { turnId, usage: outcome.usage ?? NO_USAGE };
      return;
    }
    const folded = this.#folded && {
      usage: addUsage(outcome.usage ?? NO_USAGE, this.#folded.usage),
    };
    this.turnId = undefined;
    this.#folded = undefined;
    void this.#write([{ type: 'end_turn', turnId, outcome: { ...outcome, ...folded } }]);
    void this.settled().then(() => this.#deps.turnEnded(this));
  }

  /** The turn could not be handed to Claude: it has failed, and the session says why, in one write. */
  async failTurn(turnId: string, error: Failure): Promise<void> {
    this.turnId = undefined;
    const outcome: TurnOutcome = { state: 'failed', error };
    await this.#write([
      { type: 'end_turn', turnId, outcome },
      { type: 'fail', error },
    ]).catch(() => {});
  }

  permission(ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply> {
    return this.#deps.ask(this, ask, signal);
  }

  exited(): void {
    void this.close();
  }

  /** Writes one command of this session's runner, after everything said before it. */
  command(command: SessionCommand): Promise<void> {
    return this.#write([command]);
  }

  /** Resolves when all that was said so far is written, or could not be. */
  async settled(): Promise<void> {
    await this.#write([]).catch(() => {});
  }

  #write(commands: readonly SessionCommand[]): Promise<void> {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const output = this.#pending;
    this.#pending = [];
    const written = this.#writing.then(() => this.#append(output, commands));
    this.#writing = written.catch((error: unknown) => this.#failed(error));
    return written;
  }

  async #append(output: readonly OutputBody[], commands: readonly SessionCommand[]): Promise<void> {
    if (output.length === 0 && commands.length === 0) return;
    const { store, now } = this.#deps;
    await store.append(
      this.id,
      (state) => {
        const made = commands.flatMap((command): readonly EventBody[] =>
          decide(state, command, now()),
        );
        return [...output, ...made];
      },
      { fence: this.fence },
    );
  }

  /** What a runner says can no longer be kept: its process must not go on unseen. */
  #failed(error: unknown): void {
    const { log } = this.#deps;
    if (error instanceof StaleFenceError) log.warn({ sessionId: this.id }, 'lease lost');
    else log.error({ sessionId: this.id, err: error }, 'events could not be written');
    void this.close();
  }

  #inTurn(): { turnId?: string } {
    return this.turnId === undefined ? {} : { turnId: this.turnId };
  }
}
