/** A session's process under one lease: starts and ends it, and writes what it says to the session's log. */

import { failureOf } from '../errors.ts';
import type { Run, RunListener } from '../runner/runner.ts';
import type { SessionCommand, TurnOutcome } from '../session/decide.ts';
import type { OutputBody } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { type Claim, type Fence, StaleFenceError } from '../store/store.ts';
import { Background } from './background.ts';
import { look } from './followed.ts';
import { KeptRun } from './kept-run.ts';
import { type Loss, lossFrom, lossOf, requeueText } from './loss.ts';
import { ABSENT, isEnding, type Phase, type PhaseEvent, turnOf } from './phase.ts';
import type { Owner, ProcessDeps } from './process-parts.ts';
import { SessionWriter } from './session-writer.ts';
import { Writing } from './unfinished.ts';

const STOPPED_UNSENT = 'stopped before the prompt reached Claude; the prompt was requeued';

export class SessionProcess {
  readonly id: string;
  readonly principal: string;
  readonly fence: Fence;
  /** What Claude is writing now. */
  readonly writing: Writing;
  /** Background tasks that are running, between turns too. */
  readonly background: Background;
  /** Why it was given up, if it was. */
  loss: Loss | undefined;
  readonly #deps: ProcessDeps;
  readonly #owner: Owner;
  readonly #writer: SessionWriter;
  readonly #start = new AbortController();
  #preparing: Promise<void> = Promise.resolve();
  readonly #kept: KeptRun;

  constructor({ session, fence }: Claim, owner: Owner, deps: ProcessDeps) {
    this.id = session.id;
    this.principal = session.principal;
    this.fence = fence;
    this.#owner = owner;
    this.#deps = deps;
    const failed = (error: unknown): void => this.failed(error);
    this.#writer = new SessionWriter({ store: deps.store, fence, failed });
    this.writing = new Writing({ ...deps, fence });
    this.background = new Background({ ...deps, fence });
    this.#kept = new KeptRun((...claimed) => this.#started(...claimed), deps.attachments);
  }

  /** The session's phase while this is its process; it may have another one by now. */
  get #phase(): Phase {
    return this.#owner.process === this ? this.#owner.phase : ABSENT;
  }

  #tell(event: PhaseEvent): void {
    if (this.#owner.process === this) this.#owner.tell(event);
  }

  /** The turn that is claimed or running. */
  get turnId(): string | undefined {
    return turnOf(this.#phase);
  }

  get isClosing(): boolean {
    return this.#owner.process !== this || isEnding(this.#phase);
  }

  get run(): Run | undefined {
    return this.#kept.run;
  }

  /** Gets a process that knows the whole conversation, and records that it is about to get the prompt. */
  prepare(claim: Claim): void {
    this.#preparing = this.#prepare(claim);
  }

  async #prepare(claim: Claim): Promise<void> {
    const warm = this.run;
    const hasExited = (): boolean => this.#starting?.hasExited === true;
    let run: Run;
    try {
      run = await this.#kept.forTurn(claim, this.#listenTo(), hasExited);
      // The session may have been changed while the process started.
      if (run !== warm) await look(this, this.#deps);
    } catch (error) {
      return this.#tell({ type: 'failed', error });
    }
    try {
      await this.#kept.load(claim);
      const isRecorded = claim.prompted && run === warm;
      const starting = this.#starting;
      const isWanted = starting !== undefined && !starting.isUnwanted;
      if (!isRecorded && isWanted) await this.#record(claim, run);
      this.#tell({ type: 'ready' });
    } catch (error) {
      this.#tell({ type: 'unrecorded', error });
    }
  }

  /** Has the process go by this session, if that is newer than what it goes by. Never rejects. */
  follow(session: Session): Promise<void> {
    return this.#kept.follow(session);
  }

  get #starting(): Extract<Phase, { is: 'starting' }> | undefined {
    const phase = this.#phase;
    return phase.is === 'starting' ? phase : undefined;
  }

  #started({ session, turn: { outputSchema } }: Claim, listener: RunListener): Promise<Run> {
    const { signal } = this.#start;
    this.background.set([]);
    return this.#deps.start(session, listener, { fence: this.fence, outputSchema, signal });
  }

  /** Both facts must be durable before Claude gets the prompt; one commit. */
  async #record({ turn }: Claim, run: Run): Promise<void> {
    const { store } = this.#deps;
    await Promise.all([
      store.note(this.fence, { process: run.process }),
      store.note(this.fence, { promptedTurn: turn.id }),
    ]);
  }

  prompt(claim: Claim): void {
    const { id, trace } = claim.turn;
    const pid = this.run?.process.pid;
    try {
      const error = this.#kept.prompt(claim);
      if (error !== undefined) {
        this.#endTurn(id, { state: 'failed', error }, false);
        return;
      }
    } catch (error) {
      this.fail(claim, error);
      return;
    }
    const who = { sessionId: this.id, turnId: id, ...trace, pid };
    this.#deps.log.debug(who, 'prompt sent to Claude Code');
  }

  /** Ends a turn that cannot run as failed. */
  fail({ turn }: Claim, error: unknown): void {
    const who = { sessionId: this.id, turnId: turn.id, ...turn.trace };
    this.#deps.log.warn({ ...who, err: error }, 'failed to start a turn');
    const failure = failureOf(error);
    // A limit of the session itself is not a fault of Claude Code: the session stays usable.
    this.#endTurn(turn.id, { state: 'failed', error: failure }, failure.code !== 'LIMIT_EXCEEDED');
  }

  endUnsent(turnId: string): void {
    this.#endTurn(turnId, { state: 'interrupted' }, false);
  }

  begin(turnId: string): void {
    this.#write([{ type: 'start_turn', turnId, origin: 'autonomous' }]);
  }

  /** From here on, an autonomous turn is logged as part of the current turn. */
  fold(turnId: string): void {
    this.#writer.fold(turnId);
  }

  /**
   * Ends the process and everything it started, writes what is left to write, and releases the lease. Never rejects: the
   * recovery takes care of a process or a lease that is left.
   */
  async close(): Promise<void> {
    this.#start.abort();
    await this.#preparing;
    this.#settleUnsent();
    const leftover = await this.#kept.end((err) => {
      this.#deps.log.error({ sessionId: this.id, err }, 'failed to end a process');
    });
    this.writing.over();
    if (leftover === undefined) await this.#release();
    this.#tell({ type: 'gone', leftover });
  }

  async #release(): Promise<void> {
    await this.settled();
    try {
      await this.#deps.store.release(this.fence);
    } catch (error) {
      this.#deps.log.error({ sessionId: this.id, err: error }, 'failed to release a lease');
    }
  }

  /** Claude has not seen the prompt, so another process may get it. If this cannot be written, the recovery does it. */
  #settleUnsent(): void {
    const phase = this.#phase;
    const unsent = phase.is === 'stopping' ? phase.unsent : undefined;
    if (unsent === undefined) return;
    const { turnId, isUnwanted } = unsent;
    const { loss } = this;
    const text = loss ? requeueText(loss) : STOPPED_UNSENT;
    if (isUnwanted) this.endUnsent(turnId);
    else this.#write([{ type: 'requeue_turn', turnId, text, crashed: loss !== undefined }]);
    void this.settled().then(() => this.#tell({ type: 'settled' }));
  }

  /** Ends the process because its output can no longer be stored or its lease kept; its turn is lost for this reason. */
  giveUp(loss: Loss): void {
    this.loss ??= loss;
    this.#tell({ type: 'stop' });
  }

  say(body: OutputBody): void {
    // First, so that nobody sees it beside the event.
    this.writing.over();
    this.#writer.say(body, this.turnId);
  }

  /**
   * Writes one command after everything said before it.
   *
   * @throws SessionError if the command is not legal, or what the store throws
   */
  async command(command: SessionCommand): Promise<void> {
    const refusal = await this.#writer.write([command]);
    if (refusal !== undefined) throw refusal;
  }

  /** Resolves when everything said so far has been written, or could not be. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  #listenTo(): RunListener {
    const listener: RunListener = {
      output: (body) => this.say(body),
      writing: (soFar) => this.writing.heard(soFar),
      room: () => this.#writer.room(),
      autonomousTurnStarted: (turnId) => this.#tell({ type: 'woken', turnId }),
      turnEnded: (turnId, outcome) => this.#turnEnded(turnId, outcome),
      backgroundTasks: (tasks) => this.background.set(tasks),
      modeReached: (mode) =>
        this.#write([{ type: 'reach_mode', mode, times: this.#kept.timesChosen }]),
      permission: (ask, signal) => this.#deps.ask(this, ask, signal),
      // The end of an outdated process that is replaced is not the end of this.
      exited: () => this.#kept.isOf(listener) && this.#tell({ type: 'exited' }),
    };
    return listener;
  }

  #turnEnded(turnId: string, outcome: TurnOutcome): void {
    this.writing.over();
    const whole = this.#writer.unfold(turnId, outcome);
    if (whole === undefined) return;
    const { error } = outcome;
    // No turn will succeed until a person has signed in, for example, or added credit.
    const isBroken = error?.code === 'UNAVAILABLE' && !error.retryable;
    // Part of a turn that was given up is missing from the log, whatever its outcome.
    const lost = this.loss && ({ state: 'lost', error: lossOf(turnId, this.loss) } as const);
    this.#endTurn(turnId, { ...whole, ...lost }, isBroken);
  }

  /** If Claude Code cannot run, the session's error is set in the same write, and the next turn gets a new process. */
  #endTurn(turnId: string, outcome: TurnOutcome, isBroken: boolean): void {
    const { error } = outcome;
    const end: SessionCommand = { type: 'end_turn', turnId, outcome };
    const commands = isBroken && error ? [end, { type: 'fail', error } as const] : [end];
    this.#write(commands);
    this.#tell({ type: 'ended', turnId, isBroken });
    const { clock } = this.#deps;
    void this.settled().then(() => {
      this.#tell({ type: 'written', turnId, at: clock.monotonic() });
    });
  }

  #write(commands: readonly SessionCommand[]): void {
    // A failure is reported to `failed`.
    void this.#writer.write(commands).catch(() => {});
  }

  /** To be called when a write has failed: a process whose output cannot be stored must not continue. */
  failed(error: unknown): void {
    const { log } = this.#deps;
    if (error instanceof StaleFenceError) {
      // Whoever took the lease logs why.
      log.warn({ sessionId: this.id }, 'lease lost');
      this.#tell({ type: 'stop' });
    } else {
      log.error({ sessionId: this.id, err: error }, 'failed to write events');
      this.giveUp(lossFrom(error));
    }
  }
}
