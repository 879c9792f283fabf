/** One live Claude Code process: its turns, and its end. */

import type { Query, SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { type Failure, SessionError } from '../errors.ts';
import { WARM_LOOK_MS_MAX } from '../limits.ts';
import type { TurnOutcome } from '../session/decide.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { SESSION_ID_PREFIX } from '../session/session.ts';
import { versionFailure } from './claude-version.ts';
import { crashFailure, errorOf, spawnError, startError } from './exit.ts';
import { MessageInput } from './input.ts';
import { endedText, leftRunning } from './left-running.ts';
import { asName } from './notice.ts';
import { createCanUseTool } from './permissions.ts';
import { Plans } from './plans.ts';
import type { GuardedProcess } from './process.ts';
import { ProcessTree } from './process-tree.ts';
import { NOT_CLEARED, promptKind } from './prompt-text.ts';
import type { ClaudeRunParts, LaunchHooks } from './run-parts.ts';
import type { Run } from './runner.ts';
import { TranscriptWatch } from './transcript-watch.ts';
import { Translator } from './translate.ts';
import { type ActiveTurn, TurnWatch } from './turn-watch.ts';
import { aborted, inTime, within } from './within.ts';

/** An interrupt that overtakes its prompt finds nothing to stop and is lost, so it is repeated, ever more slowly. */
const INTERRUPT_REPEAT_MS = 100;
/** How long a stream may outlive its process, or a process its stream. */
const DRAIN_MS = 1000;
/** How long the rest of what a process wrote may take to be read once it is gone. */
const REST_MS_MAX = 10_000;
const STDERR_LOGGED_CHARS = 2000;

export class ClaudeRun implements Run {
  readonly process: ProcessIdentity;
  readonly #parts: ClaudeRunParts;
  readonly #input = new MessageInput();
  readonly #plans = new Plans();
  readonly #turns: TurnWatch;
  readonly #translator: Translator;
  readonly #query: Query;
  readonly #spawned: GuardedProcess;
  readonly #tree: ProcessTree;
  readonly #gone: Promise<void>;
  #closing: Promise<void> | undefined;
  #isReady = false;
  #hasExited = false;
  /** We ended the process, or are about to. */
  #isStopped = false;
  /** What it wrote cannot be read on. */
  #broken: Failure | undefined;

  constructor(parts: ClaudeRunParts) {
    const { spec, listener } = parts;
    this.#parts = parts;
    const transcript = new TranscriptWatch({
      check: parts.checkKept,
      notice: (text) => this.#turns.output({ type: 'notice', text }),
      hasExited: () => this.#hasExited,
    });
    this.#turns = new TurnWatch({
      listener,
      timeoutMs: spec.options.timeout,
      silenceMs: parts.limits.silenceMs,
      quietMs: parts.limits.quietMs,
      expired: (turn) => void this.#stop(turn),
      completed: () => void transcript.turnCompleted(),
      failed: (error) => this.#logError(error, 'a listener of the run threw'),
    });
    this.#translator = new Translator({
      listener: this.#turns,
      newId: parts.newId,
      redactor: parts.redactor,
      resumed: parts.resumed,
      mode: spec.options.permissionMode ?? 'default',
    });
    const { query, spawned } = parts.launch(this.#input, this.#hooks());
    this.#query = query;
    this.#spawned = spawned;
    this.#tree = new ProcessTree(spawned, spec.marker);
    this.process = this.#tree.identity;
    this.#gone = this.#finish(this.#pump());
  }

  /**
   * Resolves when Claude Code takes prompts. Where it does not, all of it is gone before this rejects.
   *
   * @throws SessionError UNAVAILABLE
   */
  async ready(): Promise<void> {
    const { startMs } = this.#parts.limits;
    const initialized = this.#query.initializationResult().then((answer) => {
      this.#broken ??= versionFailure(answer.claude_code_version);
      this.#isReady = this.#broken === undefined;
    });
    const ready = Promise.race([initialized, this.#tree.exit, aborted(this.#parts.spec.signal)]);
    const isInTime = await within(ready, startMs);
    // Between the look at the directory and the spawn it could be replaced; no prompt is handed over elsewhere.
    const isInPlace = await this.#parts.isInPlace(this.process.pid);
    if (this.#isReady && isInPlace && !this.#parts.spec.signal?.aborted) return;
    const wasReady = this.#isReady;
    this.#isReady = false;
    await this.#tree.kill();
    await this.#gone;
    throw wasReady && !isInPlace ? startError('moved') : this.#startError(isInTime);
  }

  async isCurrent(): Promise<boolean> {
    const { isCurrent: isUpToDate, isInPlace } = this.#parts;
    const looking = Promise.all([isUpToDate(), isInPlace(this.process.pid)]);
    const looks = await inTime(looking, WARM_LOOK_MS_MAX).catch(() => [false]);
    const isCurrent = looks.every(Boolean);
    // Only now: while that was looked up, the end of the process may have been heard of.
    const { exitCode, signalCode } = this.#spawned.child;
    return isCurrent && !this.#hasExited && exitCode === null && signalCode === null;
  }

  prompt(turnId: string, text: string): void {
    if (this.#hasExited) throw errorOf(crashFailure(this.#spawned.child));
    const kind = promptKind(text);
    this.#translator.begin(turnId, kind);
    this.#turns.begin(turnId);
    if (kind === 'clear') this.#translator.end({ state: 'failed', error: NOT_CLEARED });
    else this.#input.push(turnId, text, kind);
  }

  steer(text: string): void {
    if (this.#turns.turn === undefined) {
      throw new SessionError('CONFLICT', `session ${this.#who().sessionId} runs no turn`, {
        hint: 'Send it as a prompt of its own: send_prompt with mode queue.',
      });
    }
    this.#input.push(this.#parts.newId(), text, 'text');
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
    if (this.#turns.turn === undefined && !this.#hasExited) await this.#tellLeft();
    this.#isStopped = true;
    await within(this.#leave(), this.#parts.limits.closeMs);
    await this.#tree.kill();
    await this.#gone;
  }

  leftRunning(): Promise<readonly string[]> {
    return leftRunning(this.process);
  }

  /** What a turn runs ends with the turn; what was left between turns would end without a word. */
  async #tellLeft(): Promise<void> {
    const names = await this.leftRunning().catch((): 'unknown' => 'unknown');
    const text = endedText(names);
    const { listener, redactor } = this.#parts;
    if (text !== undefined) listener.output({ type: 'notice', text: redactor.text(text) });
  }

  /** Claude Code goes by itself at the end of its input, at once where no turn runs. */
  async #leave(): Promise<void> {
    const { turn } = this.#turns;
    if (turn !== undefined) await this.#askToStop(turn);
    this.#input.end();
    this.#spawned.child.stdin.end();
    await this.#tree.exit;
  }

  /** Stops a turn: by asking, and where that does not help in time, by ending the process. */
  async #stop(turn: ActiveTurn): Promise<void> {
    if (await within(this.#askToStop(turn), this.#parts.limits.interruptMs)) return;
    this.#parts.log.warn(
      { ...this.#who(), turnId: turn.id },
      'the turn did not stop when asked; its process is killed',
    );
    this.#isStopped = true;
    await this.#tree.kill();
    await this.#gone;
  }

  async #askToStop(turn: ActiveTurn): Promise<void> {
    this.#translator.stopping();
    for (let wait = INTERRUPT_REPEAT_MS; !this.#hasExited; wait *= 2) {
      // Its answer tells nothing about the end of the turn; it is refused when the process is already going.
      this.#query.interrupt().catch(() => undefined);
      if (await within(turn.ended, wait)) return;
    }
  }

  async #pump(): Promise<void> {
    try {
      for await (const message of this.#query) this.#translate(message);
    } catch (error) {
      // After an error result the iterator throws what the result has already said.
      this.#parts.log.debug({ err: error }, 'the message stream ended with an error');
    }
  }

  #translate(message: SDKMessage): void {
    this.#turns.heard();
    if (message.type === 'system' && message.subtype === 'informational') {
      this.#parts.log.info({ ...this.#who(), text: message.content }, 'message of Claude Code');
    }
    try {
      this.#plans.note(message);
      this.#translator.translate(message);
    } catch (error) {
      this.#logError(error, `a message of type ${asName(message.type)} could not be read`);
    }
  }

  async #finish(pump: Promise<void>): Promise<void> {
    await Promise.race([this.#tree.exit, pump]);
    // A process whose stream has ended cannot be talked to any more; it is killed unless it is just about to go.
    await within(this.#tree.exit, DRAIN_MS);
    this.#hasExited = true;
    this.#input.end();
    const isGone = await this.#tree.kill();
    // All that could write is gone, so the stream comes to its end, and a result before that end is not lost.
    await within(Promise.all([this.#tree.exit, pump]), REST_MS_MAX);
    this.#translator.end(this.#outcomeOfExit());
    if (!isGone) {
      this.#logError(undefined, 'processes of the session may live on: its lease is kept');
      await this.#tree.untilGone();
    }
    if (this.#isReady) this.#turns.exited();
  }

  #outcomeOfExit(): TurnOutcome {
    if (this.#isStopped) return { state: 'interrupted' };
    if (this.#broken !== undefined) return { state: 'failed', error: this.#broken };
    const error = crashFailure(this.#spawned.child);
    const { log, redactor } = this.#parts;
    // Before it is cut: the log would not know the end of a credential.
    const stderr = redactor.text(this.#spawned.stderr()).slice(-STDERR_LOGGED_CHARS);
    log.warn({ ...this.#who(), stderr }, error.message);
    return { state: 'failed', error };
  }

  #startError(isInTime: boolean): SessionError {
    const told = this.#broken ?? this.#translator.startFailure;
    if (told !== undefined) return errorOf(told);
    if (this.#tree.notStarted !== undefined) return spawnError(this.#tree.notStarted);
    return startError(isInTime ? this.#spawned.child : { notWithinMs: this.#parts.limits.startMs });
  }

  #hooks(): LaunchHooks {
    const { spec, listener, places, redactor, log } = this.#parts;
    const canUseTool = createCanUseTool({
      options: spec.options,
      places,
      redactor,
      remembered: spec.remembered ?? [],
      plans: this.#plans,
      mode: () => this.#translator.mode,
      ask: (ask, signal) => this.#turns.asking(listener.permission(ask, signal)),
      failed: (error) => this.#logError(error, 'a question for permission failed'),
    });
    return {
      canUseTool,
      room: () => listener.room(),
      skipped: (bytes) => log.warn({ ...this.#who(), bytes }, 'Claude Code wrote a line of text'),
      broken: (failure) => this.#break(failure),
    };
  }

  #break(failure: Failure): void {
    this.#broken = failure;
    this.#parts.log.warn(this.#who(), failure.message);
    void this.#tree.kill();
  }

  #logError(error: unknown, message: string): void {
    this.#parts.log.error({ ...this.#who(), err: error }, message);
  }

  /** Whom a line of the log is about. */
  #who(): { sessionId: string; turnId?: string } {
    const turnId = this.#turns.turn?.id;
    const sessionId = `${SESSION_ID_PREFIX}${this.#parts.spec.uuid}`;
    return { sessionId, ...(turnId !== undefined && { turnId }) };
  }
}
