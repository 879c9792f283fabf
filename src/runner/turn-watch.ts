/** Watches the turn that runs: when it ends, and that it does not take longer than it may. */

import type { TurnOutcome } from '../session/decide.ts';
import type { OutputBody } from '../session/event.ts';
import type { RunListener } from './runner.ts';

/** The longest delay that a timer takes; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export type ActiveTurn = {
  readonly id: string;
  /** Resolves once the listener knows of the end. */
  readonly ended: Promise<void>;
  readonly isTimedOut: boolean;
};

type WatchedTurn = ActiveTurn & {
  isTimedOut: boolean;
  readonly resolve: () => void;
  readonly timer: NodeJS.Timeout | undefined;
};

type TurnWatchOptions = {
  readonly listener: RunListener;
  /** Milliseconds that a turn may take; undefined where it may take any time. */
  readonly timeoutMs: number | undefined;
  readonly timedOut: (turn: ActiveTurn) => void;
  /** A listener threw, which none may. */
  readonly failed: (error: unknown) => void;
};

/** Stands between the translator and a run's listener. */
export class TurnWatch {
  readonly #options: TurnWatchOptions;
  #turn: WatchedTurn | undefined;

  constructor(options: TurnWatchOptions) {
    this.#options = options;
  }

  get turn(): ActiveTurn | undefined {
    return this.#turn;
  }

  begin(turnId: string): void {
    const { timeoutMs, timedOut } = this.#options;
    let resolve = () => {};
    const ended = new Promise<void>((done) => {
      resolve = done;
    });
    const expire = () => {
      turn.isTimedOut = true;
      timedOut(turn);
    };
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(expire, Math.min(timeoutMs, TIMER_MS_MAX));
    const turn: WatchedTurn = { id: turnId, ended, resolve, timer, isTimedOut: false };
    this.#turn = turn;
  }

  output(body: OutputBody): void {
    this.#tell((listener) => listener.output(body));
  }

  autonomousTurnStarted(turnId: string): void {
    this.begin(turnId);
    this.#tell((listener) => listener.autonomousTurnStarted(turnId));
  }

  turnEnded(turnId: string, outcome: TurnOutcome): void {
    const turn = this.#turn;
    this.#turn = undefined;
    clearTimeout(turn?.timer);
    const told = turn?.isTimedOut ? this.#afterTimeout(turnId, outcome) : outcome;
    this.#tell((listener) => listener.turnEnded(turnId, told));
    turn?.resolve();
  }

  backgroundTasks(count: number): void {
    this.#tell((listener) => listener.backgroundTasks(count));
  }

  exited(): void {
    this.#tell((listener) => listener.exited());
  }

  /** What we stopped because of the limit has failed; what made it to its end in that moment has not. */
  #afterTimeout(turnId: string, outcome: TurnOutcome): TurnOutcome {
    if (outcome.state === 'completed') return outcome;
    return {
      ...outcome,
      state: 'failed',
      error: {
        code: 'LIMIT_EXCEEDED',
        message: `turn ${turnId} took longer than the ${this.#options.timeoutMs} ms that a turn of its session may take (timeout)`,
        retryable: false,
        hint: 'Ask for less in one prompt, or create a session with a longer timeout.',
      },
    };
  }

  #tell(call: (listener: RunListener) => void): void {
    try {
      call(this.#options.listener);
    } catch (error) {
      this.#options.failed(error);
    }
  }
}
