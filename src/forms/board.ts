/**
 * Who is asked what, at all clients of this process. A request is shown to one client at a time: to the one that its
 * session is tied to if that one waits for it, otherwise to any that does. Nobody else is asked until the form has been
 * up for a while without an answer.
 */

import { FORM_HOLD_MS_MAX, FORM_NOTES_MAX } from '../limits.ts';
import type { Caller } from '../service/caller.ts';
import type { Session } from '../session/session.ts';
import type { startTimer } from '../timer.ts';

/** A call of a client that can show forms, while it waits. */
type Wait = {
  sees(sessionId: string): void;
  /** The call is over; the sessions that it has seen. */
  leave(): ReadonlySet<string>;
};

export class FormBoard {
  readonly #startTimer: typeof startTimer;
  /** What each client waits for. */
  readonly #waits = new Map<string, Set<Set<string>>>();
  /** The client that each request was just shown to. */
  readonly #shown = new Map<string, string>();
  readonly #aside = new Notes();
  readonly #silent = new Notes();

  constructor(start: typeof startTimer) {
    this.#startTimer = start;
  }

  /** Tells that a client waits; which sessions it waits for shows as it looks at them. */
  enter(caller: Caller): Wait {
    const key = keyOf(caller);
    const seen = new Set<string>();
    const waits = this.#waits.get(key) ?? new Set();
    this.#waits.set(key, waits.add(seen));
    return {
      sees: (sessionId) => void seen.add(sessionId),
      leave: () => {
        waits.delete(seen);
        if (waits.size === 0 && this.#waits.get(key) === waits) this.#waits.delete(key);
        return seen;
      },
    };
  }

  /** Whether this client is to be asked about a request of the session, or is being asked now. */
  mayAsk(caller: Caller, session: Session, requestId: string): boolean {
    const key = keyOf(caller);
    if (this.#aside.has(aboutOf(key, requestId))) return false;
    const shownTo = this.#shown.get(requestId);
    if (shownTo !== undefined) return shownTo === key;
    const tied = keyOf({ principal: session.principal, mcpSessionId: session.mcpSessionId });
    if (tied === key || this.#silent.has(tied)) return true;
    return !this.#isWaiting(tied, session.id) || this.#aside.has(aboutOf(tied, requestId));
  }

  /**
   * Reserves a request for this client, until the returned function is called or FORM_HOLD_MS_MAX has passed, which calls
   * back. Undefined if it is reserved already.
   */
  claim(caller: Caller, requestId: string, unanswered: () => void): (() => void) | undefined {
    if (this.#shown.has(requestId)) return undefined;
    this.#shown.set(requestId, keyOf(caller));
    let isOver = false;
    const release = (): void => {
      // Another client may have it by now.
      if (!isOver) this.#shown.delete(requestId);
      isOver = true;
    };
    const timer = this.#startTimer(FORM_HOLD_MS_MAX, () => {
      release();
      unanswered();
    });
    return () => {
      timer.cancel();
      release();
    };
  }

  /** This client is not asked about the request again. */
  putAside(caller: Caller, requestId: string): void {
    this.#aside.add(aboutOf(keyOf(caller), requestId));
  }

  /** Whether the last form that was shown to this client was left unanswered. */
  isSilent(caller: Caller): boolean {
    return this.#silent.has(keyOf(caller));
  }

  setSilent(caller: Caller, isSilent: boolean): void {
    const key = keyOf(caller);
    if (isSilent) this.#silent.add(key);
    else this.#silent.delete(key);
  }

  #isWaiting(key: string, sessionId: string): boolean {
    return [...(this.#waits.get(key) ?? [])].some((seen) => seen.has(sessionId));
  }
}

/** Of clients that may be gone: the oldest are forgotten. */
class Notes {
  readonly #notes = new Set<string>();

  add(note: string): void {
    this.#notes.add(note);
    const [oldest] = this.#notes;
    if (this.#notes.size > FORM_NOTES_MAX && oldest !== undefined) this.#notes.delete(oldest);
  }

  has(note: string): boolean {
    return this.#notes.has(note);
  }

  delete(note: string): void {
    this.#notes.delete(note);
  }
}

function keyOf({ principal, mcpSessionId }: Caller): string {
  return JSON.stringify([principal, mcpSessionId]);
}

function aboutOf(key: string, requestId: string): string {
  return JSON.stringify([key, requestId]);
}
