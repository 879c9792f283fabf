/** One session with a live Claude Code process: the run, the lease it is under, and what is told of both. */

import { failureOf } from '../errors.ts';
import { START_GIVEN_UP_MS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { PermissionAsk, PermissionReply, Run, RunListener } from '../runner/runner.ts';
import type { SessionCommand, TurnOutcome } from '../session/decide.ts';
import type { OutputBody, PermissionMode, Turn, UsageByModel } from '../session/event.ts';
import { type Claim, type Fence, StaleFenceError, type Store } from '../store/store.ts';
import { type Loss, lossFrom, requeueText } from './loss.ts';
import { lostFor, needsMending, withUsage } from './outcome.ts';
import { SessionWriter } from './session-writer.ts';

const STOPPED_UNSENT = 'stopped before the prompt reached Claude; it waits again';

/** Starts the process; the signal gives that up. */
export type StartRun = (signal: AbortSignal) => Promise<Run>;

export type LiveSessionDeps = {
  readonly store: Store;
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
  #closing: Promise<void> | undefined;
  #loss: Loss | undefined;
  readonly #givenUp = new AbortController();
  readonly #deps: LiveSessionDeps;
  readonly #log: SessionWriter;

  constructor(claim: Claim, deps: LiveSessionDeps) {
    this.id = claim.session.id;
    this.principal = claim.session.principal;
    this.fence = claim.fence;
    this.turnId = claim.turn.id;
    this.#deps = deps;
    const { store } = deps;
    const failed = (error: unknown) => this.#failed(error);
    this.#log = new SessionWriter({ store, fence: this.fence, failed });
  }

  /** True from the moment the process is asked to go. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Why it was given up, if it was. */
  get loss(): Loss | undefined {
    return this.#loss;
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

  /** Programs that the session has left running beside Claude Code. */
  async leftRunning(): Promise<readonly string[]> {
    const run = await this.#run?.catch(() => undefined);
    return (await run?.leftRunning()) ?? [];
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

  /** Ends the process, because what it does can no longer be followed; its turn is lost for this reason. */
  giveUp(loss: Loss): void {
    this.#loss ??= loss;
    void this.close();
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
    const isFolded = body.turnId !== undefined && body.turnId === this.#folded?.turnId;
    this.#log.say(isFolded && this.turnId ? { ...body, turnId: this.turnId } : body);
  }

  room(): Promise<void> | undefined {
    return this.#log.room();
  }

  /** One that begins while a claimed prompt is on its way is told as part of that prompt's turn. */
  autonomousTurnStarted(turnId: string): void {
    if (this.turnId !== undefined) {
      this.#folded = { turnId, usage: {} };
      return;
    }
    this.turnId = turnId;
    void this.#log.write([{ type: 'start_turn', turnId, origin: 'autonomous' }]);
  }

  turnEnded(turnId: string, outcome: TurnOutcome): void {
    if (turnId === this.#folded?.turnId) {
      this.#folded = { turnId, usage: outcome.usageByModel ?? {} };
      return;
    }
    const told = lostFor(turnId, withUsage(outcome, this.#folded?.usage), this.#loss);
    this.#end(turnId, told, needsMending(outcome));
    void this.settled().then(() => this.#deps.turnEnded(this));
  }

  backgroundTasks(count: number): void {
    this.tasks = count;
  }

  modeReached(mode: PermissionMode): void {
    void this.#log.write([{ type: 'reach_mode', mode }]).catch(() => {});
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
    const refusal = await this.#log.write([command]);
    if (refusal !== undefined) throw refusal;
  }

  /** Resolves when all that was said so far is written, or could not be. */
  async settled(): Promise<void> {
    await this.#log.settled();
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
    const isStopped = run === undefined || (this.isClosing && !this.#hasExited);
    if (isStopped) return this.#requeue({ type: 'requeue_turn', turnId: id, text: STOPPED_UNSENT });
    // The process is known before the prompt is, and both before Claude hears of it; one commit.
    try {
      const record = () => store.note(this.fence, { process: run.process });
      if (!isWarm) await Promise.all([record(), store.note(this.fence, { promptedTurn: id })]);
    } catch (error) {
      return this.#unsent(id, error);
    }
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

  /** What was not written down may not be sent. */
  async #unsent(turnId: string, error: unknown): Promise<void> {
    this.#failed(error);
    const text = requeueText(lossFrom(error));
    await this.#requeue({ type: 'requeue_turn', turnId, text, crashed: true });
  }

  /** Claude has not seen the prompt, so another process may be given it. Where that cannot be written, recovery does. */
  async #requeue(command: Extract<SessionCommand, { type: 'requeue_turn' }>): Promise<void> {
    this.turnId = undefined;
    await this.#log.write([command]).catch(() => {});
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
    void this.#log.write(commands).catch(() => {});
    if (isBroken) void this.close();
  }

  /** What a runner says can no longer be kept: its process must not go on unseen. */
  #failed(error: unknown): void {
    const { log } = this.#deps;
    if (error instanceof StaleFenceError) {
      // Whoever took it tells why.
      log.warn({ sessionId: this.id }, 'lease lost');
      void this.close();
    } else {
      log.error({ sessionId: this.id, err: error }, 'events could not be written');
      this.giveUp(lossFrom(error));
    }
  }
}
