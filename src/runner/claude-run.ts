/** One live Claude Code process: its turns, and its end. */

import type { Query, SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { errorOf, type Failure, SessionError } from '../errors.ts';
import { inTime } from '../looks.ts';
import { RUN_DRAIN_MS, RUN_REST_MS_MAX, WARM_LOOK_MS_MAX } from '../process-limits.ts';
import type { TurnOutcome } from '../session/decide.ts';
import type { ChangeableOptions } from '../session/options.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { SESSION_ID_PREFIX } from '../session/session.ts';
import { aborted, within } from '../timer.ts';
import { createAsking } from './asking.ts';
import { crashFailure, spawnError, startError } from './failure.ts';
import { versionFailure } from './installation.ts';
import { endedNotice, leftRunning } from './left-running.ts';
import { LiveOptions } from './live-options.ts';
import { asName, isPing } from './message-parts.ts';
import { Plans } from './plans.ts';
import { type GuardedProcess, loggedStderr, ProcessTree } from './process.ts';
import { MessageInput, readPrompt } from './prompt-text.ts';
import type { ClaudeRunParts, LaunchHooks } from './run-parts.ts';
import type { PromptFile, Run } from './runner.ts';
import { noticesWith } from './server-notices.ts';
import { TranscriptWatch } from './transcript-watch.ts';
import { Translator } from './translate.ts';
import { type ActiveTurn, askToStop, TurnWatch } from './turn-watch.ts';

export class ClaudeRun implements Run {
  readonly process: ProcessIdentity;
  readonly #parts: ClaudeRunParts;
  readonly #input = new MessageInput();
  readonly #plans = new Plans();
  readonly #turns: TurnWatch;
  readonly #translator: Translator;
  readonly #options: LiveOptions;
  readonly #query: Query;
  readonly #spawned: GuardedProcess;
  readonly #tree: ProcessTree;
  /** Resolves when all of the process is gone and the listener knows. Never rejects. */
  readonly #gone: Promise<void>;
  #phase: 'starting' | 'live' | 'gone' = 'starting';
  /** Why we end the process, if we do; the first reason counts. */
  #ending: TurnOutcome | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: ClaudeRunParts) {
    const { spec, listener } = parts;
    this.#parts = parts;
    const transcript = new TranscriptWatch({
      check: parts.checkKept,
      notice: (text) => this.notice(text),
      hasExited: () => this.#phase === 'gone',
    });
    this.#turns = new TurnWatch({
      listener,
      timeoutMs: spec.options.timeout,
      ...parts.limits,
      expired: (turn) => this.#inBackground(this.#stop(turn)),
      completed: () => this.#inBackground(transcript.turnCompleted()),
      failed: (error) => this.#logError(error, 'run listener failed'),
    });
    this.#translator = new Translator({
      listener: this.#turns,
      newId: parts.newId,
      redactor: parts.redactor,
      readOutput: parts.readOutput,
      resumed: parts.resumed,
      noticesOf: noticesWith(parts.mcpServers),
      mode: spec.options.permissionMode ?? 'default',
    });
    this.#options = new LiveOptions({
      rules: parts.rules,
      query: () => this.#query,
      turns: this.#turns,
      notice: (text) => this.notice(text),
      failed: (error) => this.#logError(error, 'Claude Code did not take a change of the options'),
    });
    ({ query: this.#query, spawned: this.#spawned } = parts.launch(this.#input, this.#hooks()));
    const { system } = parts.finder;
    this.#tree = new ProcessTree(this.#spawned, spec.marker, { ...parts, system });
    this.process = this.#tree.identity;
    this.#gone = this.#finish(this.#pump());
  }

  /**
   * Resolves when Claude Code takes prompts. If it does not, all of it is gone before this rejects.
   *
   * @throws SessionError UNAVAILABLE
   */
  async ready(): Promise<void> {
    const { limits, spec, isInPlace } = this.#parts;
    let isInitialized = false;
    const initialized = this.#query.initializationResult().then(async (answer) => {
      const error = versionFailure(answer.claude_code_version);
      this.#parts.commands.know(answer.commands);
      if (error === undefined) isInitialized = await this.#options.begin();
      else this.#ending ??= { state: 'failed', error };
    });
    const ready = Promise.race([initialized, this.#tree.exit, aborted(spec.signal)]);
    const isInTime = await within(ready, limits.startMs);
    // The directory may have been replaced between the check and the spawn. Then no prompt is sent.
    const isMoved = isInitialized && !(await isInPlace(this.process.pid));
    if (isInitialized && !isMoved && this.#phase === 'starting' && !spec.signal?.aborted) {
      this.#phase = 'live';
      return;
    }
    await this.#tree.kill();
    await this.#gone;
    throw isMoved ? startError('moved') : this.#startError(isInTime);
  }

  async isCurrent(): Promise<boolean> {
    if (this.#options.isOutdated) return false;
    const looking = this.#parts.isCurrent(this.process.pid);
    const isCurrent = await inTime(looking, WARM_LOOK_MS_MAX).catch(() => false);
    // Checked last: the process may have ended meanwhile.
    const { exitCode, signalCode } = this.#spawned.child;
    return isCurrent && this.#phase === 'live' && exitCode === null && signalCode === null;
  }

  prompt(turnId: string, text: string, files?: readonly PromptFile[]): void {
    if (this.#phase === 'gone') throw errorOf(crashFailure(this.#spawned.child));
    const { kind, refusal } = readPrompt(text, this.#parts.commands.has);
    this.#translator.begin(turnId, kind);
    this.#turns.begin(turnId);
    if (refusal === undefined) this.#input.push(turnId, text, kind, files);
    else this.#translator.end({ state: 'failed', error: refusal });
  }

  steer(text: string): void {
    if (this.#turns.turn === undefined) {
      throw new SessionError('CONFLICT', `session ${this.#who().sessionId} runs no turn`, {
        hint: 'send it as a prompt of its own: send_prompt with mode queue.',
      });
    }
    this.#input.push(this.#parts.newId(), text, 'text');
  }

  update(changes: ChangeableOptions): Promise<void> {
    return this.#options.update(changes);
  }

  async interrupt(): Promise<void> {
    const { turn } = this.#turns;
    if (turn !== undefined) await this.#stop(turn);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What a turn started ends with the turn. What was left running between turns would end without a trace.
    const isIdle = this.#turns.turn === undefined && this.#phase === 'live';
    const left = isIdle ? await endedNotice(this.process, this.#parts.finder) : undefined;
    if (left !== undefined) this.notice(left);
    this.#ending ??= { state: 'interrupted' };
    await within(this.#leave(left !== undefined), this.#parts.limits.closeMs);
    await this.#tree.kill();
    await this.#gone;
  }

  leftRunning(): Promise<readonly string[]> {
    return leftRunning(this.process, this.#parts.finder);
  }

  /** Adds a notice to the session's log. */
  notice(text: string): void {
    this.#turns.output({ type: 'notice', text: this.#parts.redactor.text(text) });
  }

  /** Claude Code exits at the end of its input: at once if nothing runs. */
  async #leave(hasLeft: boolean): Promise<void> {
    const { turn } = this.#turns;
    if (turn !== undefined) await this.#askToStop(turn);
    // It ends its commands, and takes away what the sandbox has put into the directory for them.
    else if (hasLeft) await this.#query.interrupt().catch(() => undefined);
    this.#input.end();
    this.#spawned.child.stdin.end();
    await this.#tree.exit;
  }

  /** Stops a turn: by asking, and if that does not help in time, by killing the process. */
  async #stop(turn: ActiveTurn): Promise<void> {
    if (await within(this.#askToStop(turn), this.#parts.limits.interruptMs)) return;
    this.#parts.log.warn(
      { ...this.#who(), turnId: turn.id },
      'turn did not stop when interrupted, killing its process',
    );
    this.#ending ??= { state: 'interrupted' };
    await this.#tree.kill();
    await this.#gone;
  }

  async #askToStop(turn: ActiveTurn): Promise<void> {
    this.#translator.stopping();
    await askToStop(turn, this.#query, () => this.#phase === 'gone');
  }

  async #pump(): Promise<void> {
    try {
      for await (const message of this.#query) this.#translate(message);
    } catch (error) {
      // After an error result the iterator throws the same error.
      this.#parts.log.debug({ err: error }, 'message stream ended with an error');
    }
  }

  #translate(message: SDKMessage): void {
    if (!isPing(message)) this.#turns.heard();
    if (message.type === 'system' && message.subtype === 'informational') {
      this.#parts.log.info({ ...this.#who(), text: message.content }, 'message from Claude Code');
    }
    try {
      this.#plans.note(message);
      this.#parts.commands.note(message);
      this.#translator.translate(message);
    } catch (error) {
      this.#logError(error, `failed to read a message of type ${asName(message.type)}`);
    }
  }

  async #finish(pump: Promise<void>): Promise<void> {
    await Promise.race([this.#tree.exit, pump]);
    // A process whose stream has ended cannot be talked to any more. It is killed unless it exits soon.
    await within(this.#tree.exit, RUN_DRAIN_MS);
    const wasLive = this.#phase === 'live';
    this.#phase = 'gone';
    this.#input.end();
    const isGone = await this.#tree.kill();
    // Everything that could write is gone, so the stream ends soon, and no result before its end is lost.
    await within(Promise.all([this.#tree.exit, pump]), RUN_REST_MS_MAX);
    this.#translator.end(this.#outcomeOfExit());
    if (!isGone) {
      this.#logError(undefined, 'processes of the session may still run, keeping its lease');
      await this.#tree.untilGone();
    }
    if (wasLive) this.#turns.exited();
  }

  #outcomeOfExit(): TurnOutcome {
    if (this.#ending !== undefined) return this.#ending;
    const error = crashFailure(this.#spawned.child);
    const stderr = loggedStderr(this.#spawned, this.#parts.redactor);
    this.#parts.log.warn({ ...this.#who(), stderr }, error.message);
    return { state: 'failed', error };
  }

  #startError(isInTime: boolean): SessionError {
    const told = this.#ending?.error ?? this.#translator.startFailure;
    if (told !== undefined) return errorOf(told);
    if (this.#tree.notStarted !== undefined) return spawnError(this.#tree.notStarted);
    return startError(isInTime ? this.#spawned.child : { notWithinMs: this.#parts.limits.startMs });
  }

  #hooks(): LaunchHooks {
    const { spec, listener, places, rules, redactor, log } = this.#parts;
    return {
      ...createAsking({
        rules,
        places,
        redactor,
        remembered: spec.remembered ?? [],
        plans: this.#plans,
        ask: (ask, signal) => this.#turns.asking(listener.permission(ask, signal)),
        interrupt: () => this.#inBackground(this.interrupt()),
        failed: (error) => this.#logError(error, 'permission request failed'),
      }),
      ...this.#options.hooks,
      room: () => this.#turns.room(),
      skipped: (bytes) => log.warn({ ...this.#who(), bytes }, 'skipped a line from Claude Code'),
      broken: (failure) => this.#break(failure),
    };
  }

  #break(failure: Failure): void {
    this.#ending ??= { state: 'failed', error: failure };
    this.#parts.log.warn(this.#who(), failure.message);
    this.#inBackground(this.#tree.kill());
  }

  /** For work that nobody waits for: an unhandled rejection would end the server. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#logError(error, 'background work of a run failed'));
  }

  #logError(error: unknown, message: string): void {
    this.#parts.log.error({ ...this.#who(), err: error }, message);
  }

  /** The fields that say what a line of the log is about. */
  #who(): { sessionId: string; turnId?: string } {
    const sessionId = `${SESSION_ID_PREFIX}${this.#parts.spec.uuid}`;
    return { sessionId, turnId: this.#turns.turn?.id };
  }
}
