/** The process of a session under one lease: its run, its log, and what the one says and the other is told. */

import { failureOf } from '../errors.ts';
import type { PermissionAsk, PermissionReply, Run, RunListener } from '../runner/runner.ts';
import type { SessionCommand, TurnOutcome } from '../session/decide.ts';
import type { OutputBody } from '../session/event.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Session } from '../session/session.ts';
import { type Claim, type Fence, StaleFenceError } from '../store/store.ts';
import type { Parts } from './core.ts';
import { type Loss, lossFrom, lossOf, requeueText } from './loss.ts';
import { ABSENT, isEnding, type Phase, type PhaseEvent, turnOf } from './phase.ts';
import { SessionWriter } from './session-writer.ts';

const STOPPED_UNSENT = 'stopped before the prompt reached Claude; it waits again';

export type ProcessDeps = Pick<Parts, 'store' | 'clock' | 'log'> & {
  /** Starts Claude Code; the signal gives that up. */
  start(session: Session, listener: RunListener, signal: AbortSignal): Promise<Run>;
  ask(process: SessionProcess, ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply>;
};

/** The session's object, as its process sees it. */
export type Owner = {
  readonly phase: Phase;
  readonly process: SessionProcess | undefined;
  tell(event: PhaseEvent): void;
};

export class SessionProcess {
  readonly id: string;
  readonly principal: string;
  readonly fence: Fence;
  /** Background tasks that run now, between turns too. */
  tasks = 0;
  /** Why it was given up, if it was. */
  loss: Loss | undefined;
  readonly #deps: ProcessDeps;
  readonly #owner: Owner;
  readonly #writer: SessionWriter;
  readonly #startGivenUp = new AbortController();
  #preparing: Promise<void> = Promise.resolve();
  #run: Run | undefined;
  #listener: RunListener | undefined;

  constructor(claim: Claim, owner: Owner, deps: ProcessDeps) {
    this.id = claim.session.id;
    this.principal = claim.session.principal;
    this.fence = claim.fence;
    this.#owner = owner;
    this.#deps = deps;
    const failed = (error: unknown): void => this.#failed(error);
    this.#writer = new SessionWriter({ store: deps.store, fence: this.fence, failed });
  }

  /** The session's phase, as long as this is its process: it may have another one by now. */
  get #phase(): Phase {
    return this.#owner.process === this ? this.#owner.phase : ABSENT;
  }

  #tell(event: PhaseEvent): void {
    if (this.#owner.process === this) this.#owner.tell(event);
  }

  /** The turn that is claimed or runs, if one is. */
  get turnId(): string | undefined {
    return turnOf(this.#phase);
  }

  /** True from the moment the process is asked to go. */
  get isClosing(): boolean {
    return this.#owner.process !== this || isEnding(this.#phase);
  }

  /** The process, once it has started. */
  get run(): Run | undefined {
    return this.#run;
  }

  /** Has a process that knows the whole conversation, and writes down that it is about to get the prompt. */
  prepare(claim: Claim): void {
    this.#preparing = this.#prepare(claim);
  }

  async #prepare(claim: Claim): Promise<void> {
    const warm = this.#run;
    try {
      await this.#leaveOutdated();
      this.#run ??= await this.#start(claim.session);
    } catch (error) {
      return this.#tell({ type: 'failed', error });
    }
    try {
      const isWarm = claim.prompted && this.#run === warm;
      const isWanted = this.#starting !== undefined && !this.#starting.isUnwanted;
      if (!isWarm && isWanted) await this.#record(claim, this.#run);
      this.#tell({ type: 'ready' });
    } catch (error) {
      this.#tell({ type: 'unrecorded', error });
    }
  }

  /** A warm process that does not know what was said elsewhere makes way for one that does. */
  async #leaveOutdated(): Promise<void> {
    const run = this.#run;
    if (run === undefined || this.#starting?.hasExited || (await run.isCurrent())) return;
    this.#listener = undefined;
    await run.close();
    this.#run = undefined;
  }

  /** The phase, while the prompt has not been handed over. */
  get #starting(): Extract<Phase, { is: 'starting' }> | undefined {
    const phase = this.#phase;
    return phase.is === 'starting' ? phase : undefined;
  }

  #start(session: Session): Promise<Run> {
    const listener = this.#listenTo();
    this.#listener = listener;
    return this.#deps.start(session, listener, this.#startGivenUp.signal);
  }

  /** The process is known before the prompt is, and both before Claude hears of it; one commit. */
  async #record({ turn }: Claim, run: Run): Promise<void> {
    const { store } = this.#deps;
    await Promise.all([
      store.note(this.fence, { process: run.process }),
      store.note(this.fence, { promptedTurn: turn.id }),
    ]);
  }

  prompt({ turn }: Pick<Claim, 'turn'>): void {
    const { id, prompt, trace } = turn;
    const pid = this.#run?.process.pid;
    try {
      this.#run?.prompt(id, prompt);
    } catch (error) {
      this.fail({ turn }, error);
      return;
    }
    const who = { sessionId: this.id, turnId: id, ...trace, pid };
    this.#deps.log.debug(who, 'prompt handed to Claude Code');
  }

  /** A turn that cannot be run fails. */
  fail({ turn }: Pick<Claim, 'turn'>, error: unknown): void {
    const who = { sessionId: this.id, turnId: turn.id, ...turn.trace };
    this.#deps.log.warn({ ...who, err: error }, 'turn could not be started');
    const failure = failureOf(error);
    // A bound of the session's own is no fault of Claude Code's: the session is as good as before.
    this.#endTurn(turn.id, { state: 'failed', error: failure }, failure.code !== 'LIMIT_EXCEEDED');
  }

  /** What was not written down may not be sent. */
  giveUpUnsent({ turn }: Claim, error: unknown): void {
    this.#failed(error);
    this.#requeue(turn.id, requeueText(lossFrom(error)), true);
  }

  endUnsent(turnId: string): void {
    this.#endTurn(turnId, { state: 'interrupted' }, false);
  }

  begin(turnId: string): void {
    this.#write([{ type: 'start_turn', turnId, origin: 'autonomous' }]);
  }

  /** From here on a turn of Claude's own is told as part of the one at hand. */
  fold(turnId: string): void {
    this.#writer.fold(turnId);
  }

  /**
   * Ends the process and all it started, settles the log, and gives the lease back. Never rejects: what is left, and a
   * lease that cannot be given back now, is the recovery's.
   */
  async close(): Promise<void> {
    this.#startGivenUp.abort();
    await this.#preparing;
    this.#settleUnsent();
    const leftover = await this.#end();
    if (leftover === undefined) await this.#release();
    this.#tell({ type: 'gone', leftover });
  }

  /** Returns the process if it may live on. */
  async #end(): Promise<ProcessIdentity | undefined> {
    try {
      await this.#run?.close();
      return undefined;
    } catch (error) {
      this.#deps.log.error({ sessionId: this.id, err: error }, 'failed to end a process');
      return this.#run?.process;
    }
  }

  async #release(): Promise<void> {
    await this.settled();
    try {
      await this.#deps.store.release(this.fence);
    } catch (error) {
      this.#deps.log.error({ sessionId: this.id, err: error }, 'lease could not be released');
    }
  }

  #settleUnsent(): void {
    const phase = this.#phase;
    const unsent = phase.is === 'stopping' ? phase.unsent : undefined;
    if (unsent === undefined) return;
    if (unsent.isUnwanted) this.endUnsent(unsent.turnId);
    else this.#requeue(unsent.turnId, STOPPED_UNSENT);
    void this.settled().then(() => this.#tell({ type: 'settled' }));
  }

  /** Ends the process, because what it does can no longer be followed; its turn is lost for this reason. */
  giveUp(loss: Loss): void {
    this.loss ??= loss;
    this.#tell({ type: 'stop' });
  }

  say(body: OutputBody): void {
    this.#writer.say(body, this.turnId);
  }

  /** Writes one command of this session's runner, after everything said before it. */
  async command(command: SessionCommand): Promise<void> {
    const refusal = await this.#writer.write([command]);
    if (refusal !== undefined) throw refusal;
  }

  /** Resolves when all that was said so far is written, or could not be. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  #listenTo(): RunListener {
    const listener: RunListener = {
      output: (body) => this.say(body),
      room: () => this.#writer.room(),
      autonomousTurnStarted: (turnId) => this.#tell({ type: 'woken', turnId }),
      turnEnded: (turnId, outcome) => this.#turnEnded(turnId, outcome),
      backgroundTasks: (count) => {
        this.tasks = count;
      },
      modeReached: (mode) => this.#write([{ type: 'reach_mode', mode }]),
      permission: (ask, signal) => this.#deps.ask(this, ask, signal),
      // The end of a process that makes way for another one is not the end of this.
      exited: () => this.#listener === listener && this.#tell({ type: 'exited' }),
    };
    return listener;
  }

  #turnEnded(turnId: string, outcome: TurnOutcome): void {
    const whole = this.#writer.unfold(turnId, outcome);
    if (whole === undefined) return;
    const { error, loss } = { ...outcome, loss: this.loss };
    // Until a person has signed in, say, or added credit, no turn will go well.
    const isBroken = error?.code === 'UNAVAILABLE' && !error.retryable;
    // However it came out, part of a turn that was given up is missing from the log.
    const lost = loss && ({ state: 'lost', error: lossOf(turnId, loss) } as const);
    this.#endTurn(turnId, { ...whole, ...lost }, isBroken);
  }

  /** If Claude Code cannot be run, the session says why in the same write, and its next turn begins afresh. */
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

  /** Claude has not seen the prompt, so another process may be given it. If that cannot be written, recovery does. */
  #requeue(turnId: string, text: string, crashed?: boolean): void {
    this.#write([{ type: 'requeue_turn', turnId, text, crashed }]);
  }

  /** A write that fails ends the process, see {@link #failed}. */
  #write(commands: readonly SessionCommand[]): void {
    void this.#writer.write(commands).catch(() => {});
  }

  /** What a runner says can no longer be kept: its process must not go on unseen. */
  #failed(error: unknown): void {
    const { log } = this.#deps;
    if (error instanceof StaleFenceError) {
      // Whoever took it tells why.
      log.warn({ sessionId: this.id }, 'lease lost');
      this.#tell({ type: 'stop' });
    } else {
      log.error({ sessionId: this.id, err: error }, 'events could not be written');
      this.giveUp(lossFrom(error));
    }
  }
}
