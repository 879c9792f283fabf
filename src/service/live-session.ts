/**
 * One session with a live Claude Code process: the run, the lease it is under, and the writer that
 * brings what happens into the log, in order. What is said in one turn of the event loop, or during one write, goes into
 * the next together.
 */

import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { failureOf } from '../errors.ts';
import { OUTPUT_BACKLOG_BYTES_MAX, START_GIVEN_UP_MS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { PermissionAsk, PermissionReply, Run, RunListener } from '../runner/runner.ts';
import {
  decide,
  type SessionCommand,
  type SessionState,
  type TurnOutcome,
} from '../session/decide.ts';
import type { EventBody, OutputBody, Turn, UsageByModel } from '../session/event.ts';
import { sizeOfOutput } from '../session/output.ts';
import { type Claim, type Fence, StaleFenceError, type Store } from '../store/store.ts';
import { needsMending, withUsage } from './outcome.ts';

/** Starts the process; the signal gives that up. */
export type StartRun = (signal: AbortSignal) => Promise<Run>;

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
  /** Background tasks that the process runs now, between turns too. */
  tasks = 0;
  /** A turn of Claude's own that is told as part of ours, and what it has cost. */
  #folded: { readonly turnId: string; readonly usage: UsageByModel } | undefined;
  #run: Promise<Run> | undefined;
  /** Resolves when the claimed turn has been handed to Claude, or will not be. */
  #handing: Promise<void> = Promise.resolve();
  /** A turn to stop that Claude may not have been handed yet. */
  #unwanted: string | undefined;
  #hasExited = false;
  /** The end of the process is not the end of this: another one follows. */
  #isReplaced = false;
  #pending: OutputBody[] = [];
  /** Bytes said and not yet written. */
  #backlog = 0;
  #isNextDue = false;
  #writing: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  readonly #givenUp = new AbortController();
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

  /** Whether its process could be given a prompt at once, and knows all of the conversation. */
  async isCurrent(): Promise<boolean> {
    const run = await this.#run?.catch(() => undefined);
    return run !== undefined && !this.isClosing && !this.#hasExited && (await run.isCurrent());
  }

  /** Runs a claimed turn, starting the process where there is none. A turn that cannot be run fails. */
  runTurn(claim: Claim, start: StartRun): Promise<void> {
    this.turnId = claim.turn.id;
    this.#handing = this.#hand(claim, start).catch((error: unknown) =>
      this.#failTurn(claim.turn, error),
    );
    return this.#handing;
  }

  /** Stops a turn, and resolves once it has stopped; does nothing where it runs no more. */
  async interrupt(turnId: string): Promise<void> {
    this.#unwanted = turnId;
    const giveUp = setTimeout(() => void this.close(), START_GIVEN_UP_MS);
    await this.#handing;
    clearTimeout(giveUp);
    const run = await this.#run?.catch(() => undefined);
    if (this.turnId === turnId) await run?.interrupt();
    await this.settled();
  }

  /** Puts a text into a turn; returns false where it runs no more. */
  async steer(turnId: string, text: string): Promise<boolean> {
    await this.#handing;
    const run = await this.#run?.catch(() => undefined);
    if (run === undefined || this.turnId !== turnId) return false;
    run.steer(text);
    return true;
  }

  /** Ends the process and all it started; resolves once it is gone and the log is written. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#givenUp.abort();
    await this.#handing;
    const run = await this.#run?.catch(() => undefined);
    await run?.close();
    await this.settled();
    await this.#release();
    this.#deps.gone(this);
  }

  /** A lease that cannot be given back now is taken back by the recovery later. */
  async #release(): Promise<void> {
    try {
      await this.#deps.store.release(this.fence);
    } catch (error) {
      this.#deps.log.error({ sessionId: this.id, err: error }, 'lease could not be released');
    }
  }

  output(body: OutputBody): void {
    this.#backlog += sizeOfOutput(body);
    const isFolded = body.turnId !== undefined && body.turnId === this.#folded?.turnId;
    this.#pending.push(isFolded && this.turnId ? { ...body, turnId: this.turnId } : body);
    if (!this.#isNextDue) void this.#writing.then(turnOfLoop).then(() => this.settled());
    this.#isNextDue = true;
  }

  room(): Promise<void> | undefined {
    return this.#backlog < OUTPUT_BACKLOG_BYTES_MAX ? undefined : this.settled();
  }

  /** One that begins while a claimed prompt is on its way is told as part of that prompt's turn. */
  autonomousTurnStarted(turnId: string): void {
    if (this.turnId !== undefined) {
      this.#folded = { turnId, usage: {} };
      return;
    }
    this.turnId = turnId;
    void this.#write([{ type: 'start_turn', turnId, origin: 'autonomous' }]);
  }

  turnEnded(turnId: string, outcome: TurnOutcome): void {
    if (turnId === this.#folded?.turnId) {
      this.#folded = { turnId, usage: outcome.usageByModel ?? {} };
      return;
    }
    this.#end(turnId, withUsage(outcome, this.#folded?.usage), needsMending(outcome));
    void this.settled().then(() => this.#deps.turnEnded(this));
  }

  backgroundTasks(count: number): void {
    this.tasks = count;
  }

  permission(ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply> {
    return this.#deps.ask(this, ask, signal);
  }

  exited(): void {
    if (this.#isReplaced) return;
    this.#hasExited = true;
    void this.close();
  }

  /** Writes one command of this session's runner, after everything said before it. */
  async command(command: SessionCommand): Promise<void> {
    const refusal = await this.#write([command]);
    if (refusal !== undefined) throw refusal;
  }

  /** Resolves when all that was said so far is written, or could not be. */
  async settled(): Promise<void> {
    await this.#write([]).catch(() => {});
  }

  async #hand(claim: Claim, start: StartRun): Promise<void> {
    const { store, log } = this.#deps;
    const { id, prompt, trace } = claim.turn;
    // Looked at again: the process may have gone while the claim was written.
    await this.#leaveOutdated();
    const isWarm = claim.prompted && this.#run !== undefined;
    this.#run ??= start(this.#givenUp.signal);
    const run = await this.#run.catch((error: unknown) => {
      if (!this.#givenUp.signal.aborted) throw error;
    });
    if (this.#unwanted === id) return this.turnEnded(id, { state: 'interrupted' });
    if (run === undefined) return this.#requeue(id);
    if (this.isClosing && !this.#hasExited) return this.#requeue(id);
    // The process is known before the prompt is, and both before Claude hears of it; one commit.
    const record = () => store.recordProcess(this.fence, run.process);
    if (!isWarm) await Promise.all([record(), store.markPrompted(this.fence, id)]);
    run.prompt(id, prompt);
    const { pid } = run.process;
    log.debug({ sessionId: this.id, turnId: id, ...trace, pid }, 'prompt handed to Claude Code');
  }

  /** A warm process that does not know what was said elsewhere makes way for one that does. */
  async #leaveOutdated(): Promise<void> {
    const warm = await this.#run?.catch(() => undefined);
    if (warm === undefined || this.#hasExited || (await warm.isCurrent())) return;
    this.#isReplaced = true;
    await warm.close();
    this.#isReplaced = false;
    this.#run = undefined;
  }

  /** Claude has not seen the prompt, so another process may be given it. */
  async #requeue(turnId: string): Promise<void> {
    this.turnId = undefined;
    const text = 'stopped before the prompt reached Claude; it waits again';
    await this.#write([{ type: 'requeue_turn', turnId, text }]);
  }

  #failTurn({ id: turnId, trace }: Turn, error: unknown): void {
    const who = { sessionId: this.id, turnId, ...trace };
    this.#deps.log.warn({ ...who, err: error }, 'turn could not be started');
    const failure = failureOf(error);
    // A bound of the session's own is no fault of Claude Code's: the session is as good as before.
    this.#end(turnId, { state: 'failed', error: failure }, failure.code !== 'LIMIT_EXCEEDED');
    void this.close();
  }

  /** Where Claude Code cannot be run, the session says why in the same write, and its next turn begins afresh. */
  #end(turnId: string, outcome: TurnOutcome, isBroken: boolean): void {
    this.turnId = undefined;
    this.#folded = undefined;
    const { error } = outcome;
    const end: SessionCommand = { type: 'end_turn', turnId, outcome };
    const commands = isBroken && error ? [end, { type: 'fail', error } as const] : [end];
    void this.#write(commands).catch(() => {});
    if (isBroken) void this.close();
  }

  /** Resolves with what was refused of it; rejects where it cannot be kept. */
  #write(commands: readonly SessionCommand[]): Promise<unknown> {
    this.#isNextDue = false;
    const output = this.#pending;
    this.#pending = [];
    const written = this.#writing.then(() => this.#append(output, commands));
    this.#writing = written.catch((error: unknown) => this.#failed(error));
    return written;
  }

  /** A command that is not legal any more is refused; what was said before it is kept all the same. */
  async #append(
    output: readonly OutputBody[],
    commands: readonly SessionCommand[],
  ): Promise<unknown> {
    if (output.length === 0 && commands.length === 0) return undefined;
    const { store, now } = this.#deps;
    let refusal: unknown;
    const decideAll = (state: SessionState): readonly EventBody[] => {
      refusal = undefined;
      // Another server has ended the session; its order to stop is on the way.
      const said = state.session.status === 'terminated' ? [] : output;
      try {
        return [...said, ...commands.flatMap((command) => decide(state, command, now()))];
      } catch (error) {
        refusal = error;
        return said;
      }
    };
    await store.append(this.id, decideAll, { fence: this.fence });
    for (const body of output) this.#backlog -= sizeOfOutput(body);
    return refusal;
  }

  /** What a runner says can no longer be kept: its process must not go on unseen. */
  #failed(error: unknown): void {
    const { log } = this.#deps;
    if (error instanceof StaleFenceError) log.warn({ sessionId: this.id }, 'lease lost');
    else log.error({ sessionId: this.id, err: error }, 'events could not be written');
    void this.close();
  }
}
