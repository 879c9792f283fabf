/** Watches the turn that runs: when it ends, that it does not take longer than it may, and that it does not go silent. */

import type { Failure } from '../errors.ts';
import type { TurnOutcome } from '../session/decide.ts';
import type { OutputBody } from '../session/event.ts';
import type { RunListener } from './runner.ts';

/** The longest delay that a timer takes; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export type ActiveTurn = {
  readonly id: string;
  /** Resolves once the listener knows of the end. */
  readonly ended: Promise<void>;
};

type WatchedTurn = ActiveTurn & {
  readonly resolve: () => void;
  readonly timers: readonly NodeJS.Timeout[];
  /** Tools that have been called and have not answered yet. */
  readonly tools: Set<string>;
  /** Why we stop it, where it is we who do. */
  stoppedFor?: Failure;
};

type TurnWatchOptions = {
  readonly listener: RunListener;
  /** Milliseconds that a turn may take; undefined where it may take any time. */
  readonly timeoutMs: number | undefined;
  /** Milliseconds that a turn may say nothing for, while no tool runs and nobody is asked. */
  readonly silenceMs: number;
  /** The turn has to be stopped. */
  readonly expired: (turn: ActiveTurn) => void;
  /** A turn has made it to its end, and the listener knows. */
  readonly completed: () => void;
  /** A listener threw, which none may. */
  readonly failed: (error: unknown) => void;
};

/** Stands between the translator and a run's listener. */
export class TurnWatch {
  readonly #options: TurnWatchOptions;
  #turn: WatchedTurn | undefined;
  #silence: NodeJS.Timeout | undefined;
  #questions = 0;

  constructor(options: TurnWatchOptions) {
    this.#options = options;
  }

  get turn(): ActiveTurn | undefined {
    return this.#turn;
  }

  begin(turnId: string): void {
    const { timeoutMs, silenceMs } = this.#options;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const timers: NodeJS.Timeout[] = [];
    const turn: WatchedTurn = { id: turnId, ended, resolve, timers, tools: new Set() };
    if (timeoutMs !== undefined) {
      const expire = () => this.#expire(turn, tooLong(turnId, timeoutMs));
      timers.push(setTimeout(expire, Math.min(timeoutMs, TIMER_MS_MAX)));
    }
    this.#silence = setTimeout(() => this.#silent(turn), silenceMs);
    timers.push(this.#silence);
    this.#turn = turn;
  }

  /** The process has said something, whatever it is. */
  heard(): void {
    if (this.#turn !== undefined) this.#silence?.refresh();
  }

  /** While `answer` is awaited, silence is no sign of anything. */
  async asking<T>(answer: Promise<T>): Promise<T> {
    this.#questions += 1;
    try {
      return await answer;
    } finally {
      this.#questions -= 1;
      this.heard();
    }
  }

  output(body: OutputBody): void {
    if (body.type === 'tool_use') this.#turn?.tools.add(body.toolUseId);
    if (body.type === 'tool_result') this.#turn?.tools.delete(body.toolUseId);
    this.#tell((listener) => listener.output(body));
  }

  autonomousTurnStarted(turnId: string): void {
    this.begin(turnId);
    this.#tell((listener) => listener.autonomousTurnStarted(turnId));
  }

  turnEnded(turnId: string, outcome: TurnOutcome): void {
    const turn = this.#turn;
    this.#turn = undefined;
    for (const timer of turn?.timers ?? []) clearTimeout(timer);
    const told = turn?.stoppedFor ? stopped(outcome, turn.stoppedFor) : outcome;
    this.#tell((listener) => listener.turnEnded(turnId, told));
    turn?.resolve();
    if (told.state === 'completed') this.#options.completed();
  }

  backgroundTasks(count: number): void {
    this.#tell((listener) => listener.backgroundTasks(count));
  }

  exited(): void {
    this.#tell((listener) => listener.exited());
  }

  #silent(turn: WatchedTurn): void {
    const isOccupied = turn.tools.size > 0 || this.#questions > 0;
    if (isOccupied) this.heard();
    else this.#expire(turn, tooSilent(turn.id, this.#options.silenceMs));
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

/** What we stopped because of a limit has failed; what made it to its end in that moment has not. */
function stopped(outcome: TurnOutcome, error: Failure): TurnOutcome {
  return outcome.state === 'completed' ? outcome : { ...outcome, state: 'failed', error };
}

function tooLong(turnId: string, timeoutMs: number): Failure {
  return {
    code: 'LIMIT_EXCEEDED',
    message: `turn ${turnId} took longer than the ${timeoutMs} ms that a turn of its session may take (timeout)`,
    retryable: false,
    hint: 'Ask for less in one prompt, or create a session with a longer timeout.',
  };
}

function tooSilent(turnId: string, silenceMs: number): Failure {
  return {
    code: 'UNAVAILABLE',
    message: `Claude Code said nothing for ${silenceMs} ms in turn ${turnId} (TURN_SILENCE_MS_MAX) and was stopped`,
    retryable: true,
    hint: 'Send the prompt again: the conversation so far is kept.',
  };
}
