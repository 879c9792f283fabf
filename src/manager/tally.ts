import type { SessionStatus } from '../session/status.ts';

export type SessionMetrics = {
  /** All sessions created so far, ended ones included. */
  readonly totalSessions: number;
  /** Ready or busy. */
  readonly activeSessions: number;
  readonly busySessions: number;
  readonly initializingSessions: number;
  readonly errorSessions: number;
  readonly endedSessions: number;
  /** Mean time from creation to end of the ended sessions, in milliseconds; 0 if no session has ended. */
  readonly averageSessionDuration: number;
  /** `errorSessions / totalSessions`; 0 if there are no sessions. */
  readonly errorRate: number;
};

/** Counts that every change keeps up to date, so that reading them does not look at any session. */
export class Tally {
  readonly #byStatus: Record<SessionStatus, number> = {
    initializing: 0,
    ready: 0,
    busy: 0,
    error: 0,
    terminated: 0,
  };
  #total = 0;
  #endedDurationMs = 0;

  created(status: SessionStatus): void {
    this.#total += 1;
    this.#byStatus[status] += 1;
  }

  moved(from: SessionStatus, to: SessionStatus): void {
    this.#byStatus[from] -= 1;
    this.#byStatus[to] += 1;
  }

  /** @param durationMs from creation to end, by the monotonic clock */
  ended(durationMs: number): void {
    this.#endedDurationMs += durationMs;
  }

  metrics(): SessionMetrics {
    const { initializing, ready, busy, error, terminated } = this.#byStatus;
    return {
      totalSessions: this.#total,
      activeSessions: ready + busy,
      busySessions: busy,
      initializingSessions: initializing,
      errorSessions: error,
      endedSessions: terminated,
      averageSessionDuration: terminated === 0 ? 0 : this.#endedDurationMs / terminated,
      errorRate: this.#total === 0 ? 0 : error / this.#total,
    };
  }
}
