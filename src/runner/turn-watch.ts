/**
 * Watches the running turn: when it ends, that it does not exceed its timeout, and that it does not fall silent. A tool
 * may take any time, so silence while one runs is reported but does not end the turn.
 */

import type { Failure } from '../errors.ts';
import type { BackgroundTask } from '../session/background-task.ts';
import type { TurnOutcome } from '../session/decide.ts';
import type { OutputBody } from '../session/event.ts';
import type { PermissionMode } from '../session/options.ts';
import { startTimer, type Timer, within } from '../timer.ts';
import { AGAIN, limitExceeded, unavailableNow } from './failure.ts';
import { asName } from './message-parts.ts';
import type { RunListener } from './runner.ts';

/** An interrupt that overtakes its prompt is lost, so it is repeated, after pauses that double. */
const INTERRUPT_REPEAT_MS = 100;
const MINUTE_MS = 60_000;
/** Maximum number of running tools that a notice names. */
const NAMED_TOOLS_MAX = 3;

/** The tool with which Claude reports the output of a turn with a schema. Nothing else is as quick. */
const OUTPUT_TOOL = 'StructuredOutput';

export type ActiveTurn = {
  readonly id: string;
  /** Resolves when the listener knows of the end. */
  readonly ended: Promise<void>;
};

type WatchedTurn = ActiveTurn & {
  readonly resolve: () => void;
  /** Until it has taken as long as it may. */
  timeout: Timer | undefined;
  /** On the monotonic clock, in milliseconds. */
  readonly since: number;
  /** Until it is stopped because its process says nothing. */
  readonly silence: NodeJS.Timeout;
  /** Until its log gets a notice that there is no output. */
  readonly quiet: NodeJS.Timeout;
  /** Until it is stopped because Claude Code does not come to an end with the check of its output. */
  output: NodeJS.Timeout | undefined;
  /** The names of the tools that have been called and have not answered yet, by the id of the call. */
  readonly tools: Map<string, string>;
  /** Why we stop it, if we do. */
  stoppedFor?: Failure;
};

type TurnWatchOptions = {
  readonly listener: RunListener;
  /** Milliseconds that a turn may take. Undefined if it may take any time. */
  readonly timeoutMs: number | undefined;
  /** Milliseconds that a turn may say nothing for, while no tool runs and nobody is asked. */
  readonly silenceMs: number;
  /** Milliseconds that Claude Code may take to check the output of the turn. */
  readonly outputMs: number;
  /** Milliseconds without any output after which the log says so, unless somebody is asked. */
  readonly quietMs: number;
  /** The turn has to be stopped. */
  readonly expired: (turn: ActiveTurn) => void;
  /** A turn has made it to its end, and the listener knows. */
  readonly completed: () => void;
  /** A listener threw. */
  readonly failed: (error: unknown) => void;
};

/** Sits between the translator and a run's listener, which may throw. */
export class TurnWatch {
  readonly #options: TurnWatchOptions;
  #timeoutMs: number | undefined;
  #turn: WatchedTurn | undefined;
  #questions = 0;

  constructor(options: TurnWatchOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs;
  }

  get turn(): ActiveTurn | undefined {
    return this.#turn;
  }

  begin(turnId: string): void {
    const { silenceMs, quietMs } = this.#options;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const turn: WatchedTurn = {
      id: turnId,
      ended,
      resolve,
      timeout: undefined,
      since: performance.now(),
      silence: setTimeout(() => this.#silent(turn), silenceMs),
      quiet: setTimeout(() => this.#quiet(turn), quietMs),
      output: undefined,
      tools: new Map(),
    };
    this.#turn = turn;
    this.#limit(turn);
  }

  /** Milliseconds that a turn may take from now on; of the turn that runs, those that it has taken count. */
  setTimeout(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    if (this.#turn !== undefined) this.#limit(this.#turn);
  }

  #limit(turn: WatchedTurn): void {
    turn.timeout?.cancel();
    const ms = this.#timeoutMs;
    if (ms === undefined) return;
    const left = Math.max(0, turn.since + ms - performance.now());
    turn.timeout = startTimer(left, () => this.#expire(turn, tooLong(turn.id, ms)));
  }

  /** Call it for any output of the process. */
  heard(): void {
    this.#turn?.silence.refresh();
  }

  /** While `answer` is awaited, silence is no sign of anything. */
  async asking<T>(answer: Promise<T>): Promise<T> {
    this.#questions += 1;
    try {
      return await answer;
    } finally {
      this.#questions -= 1;
      this.heard();
      this.#turn?.quiet.refresh();
    }
  }

  output(body: OutputBody): void {
    this.#turn?.quiet.refresh();
    if (body.type === 'tool_use') this.#toolUsed(body.toolUseId, body.name);
    if (body.type === 'tool_result') this.#toolEnded(body.toolUseId);
    this.#tell((listener) => listener.output(body));
  }

  #toolUsed(toolUseId: string, name: string): void {
    const turn = this.#turn;
    turn?.tools.set(toolUseId, name);
    if (turn === undefined || name !== OUTPUT_TOOL) return;
    const { outputMs } = this.#options;
    turn.output ??= setTimeout(() => this.#expire(turn, uncheckable(turn.id, outputMs)), outputMs);
  }

  #toolEnded(toolUseId: string): void {
    const turn = this.#turn;
    if (turn?.tools.get(toolUseId) === OUTPUT_TOOL) {
      clearTimeout(turn.output);
      turn.output = undefined;
    }
    turn?.tools.delete(toolUseId);
  }

  writing(soFar: () => string): void {
    this.#turn?.quiet.refresh();
    this.#tell((listener) => listener.writing(soFar));
  }

  autonomousTurnStarted(turnId: string): void {
    this.begin(turnId);
    this.#tell((listener) => listener.autonomousTurnStarted(turnId));
  }

  turnEnded(turnId: string, outcome: TurnOutcome): void {
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.timeout?.cancel();
    clearTimeout(turn?.silence);
    clearTimeout(turn?.quiet);
    clearTimeout(turn?.output);
    const told = turn?.stoppedFor ? stopped(outcome, turn.stoppedFor) : outcome;
    this.#tell((listener) => listener.turnEnded(turnId, told));
    turn?.resolve();
    if (told.state === 'completed') this.#options.completed();
  }

  backgroundTasks(tasks: readonly BackgroundTask[]): void {
    this.#tell((listener) => listener.backgroundTasks(tasks));
  }

  modeReached(mode: PermissionMode): void {
    this.#tell((listener) => listener.modeReached(mode));
  }

  exited(): void {
    this.#tell((listener) => listener.exited());
  }

  /** Never rejects: reading goes on even if the listener fails. */
  room(): Promise<void> | undefined {
    const { failed } = this.#options;
    let room: Promise<void> | undefined;
    this.#tell((listener) => {
      room = listener.room()?.catch(failed);
    });
    return room;
  }

  #silent(turn: WatchedTurn): void {
    const isOccupied = turn.tools.size > 0 || this.#questions > 0;
    if (isOccupied) this.heard();
    else this.#expire(turn, tooSilent(turn.id, this.#options.silenceMs));
  }

  /** Once, until there is output again. */
  #quiet(turn: WatchedTurn): void {
    if (this.#questions > 0) return;
    const text = quietText([...turn.tools.values()], this.#options.quietMs);
    this.#tell((listener) => listener.output({ type: 'notice', turnId: turn.id, text }));
  }

  #expire(turn: WatchedTurn, failure: Failure): void {
    turn.stoppedFor ??= failure;
    this.#options.expired(turn);
  }

  #tell(call: (listener: RunListener) => void): void {
    try {
      call(this.#options.listener);
    } catch (error) {
      this.#options.failed(error);
    }
  }
}

/** Asks for the end of a turn until it has ended, or its process is gone. */
export async function askToStop(
  turn: ActiveTurn,
  query: { interrupt(): Promise<unknown> },
  isGone: () => boolean,
): Promise<void> {
  for (let wait = INTERRUPT_REPEAT_MS; !isGone(); wait *= 2) {
    // Its answer says nothing about the end of the turn. It rejects if the process is already ending.
    query.interrupt().catch(() => undefined);
    if (await within(turn.ended, wait)) return;
  }
}

/** What we stopped because of a limit has failed; what made it to its end in that moment has not. */
function stopped(outcome: TurnOutcome, error: Failure): TurnOutcome {
  return outcome.state === 'completed' ? outcome : { ...outcome, state: 'failed', error };
}

function quietText(tools: readonly string[], quietMs: number): string {
  const named = tools.slice(0, NAMED_TOOLS_MAX).map(asName).join(', ');
  const more = tools.length - NAMED_TOOLS_MAX;
  const who =
    tools.length === 0
      ? 'Nothing has come from Claude'
      : `No answer has come from ${named}${more > 0 ? ` and ${more} more` : ''}`;
  const minutes = Math.max(1, Math.round(quietMs / MINUTE_MS));
  return `${who} for ${minutes} min. The turn goes on; interrupt_session stops it.`;
}

function tooLong(turnId: string, timeoutMs: number): Failure {
  return limitExceeded(
    `turn ${turnId} took longer than the ${timeoutMs} ms that a turn of its session may take (timeout)`,
    'ask for less in one prompt, or set a longer timeout with update_session.',
  );
}

function uncheckable(turnId: string, outputMs: number): Failure {
  return limitExceeded(
    `Claude Code took longer than ${outputMs} ms to check the output of turn ${turnId} (STRUCTURED_OUTPUT_MS_MAX) and was stopped`,
    'a regular expression in the schema may never end: send the prompt with a simpler one.',
  );
}

function tooSilent(turnId: string, silenceMs: number): Failure {
  return unavailableNow(
    `Claude Code said nothing for ${silenceMs} ms in turn ${turnId} (TURN_SILENCE_MS_MAX) and was stopped`,
    AGAIN,
  );
}
