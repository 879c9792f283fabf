/** Reading a session's log, at once or as soon as there is something to read. */

import { TURN_RESULT_BYTES_MAX } from '../limits.ts';
import type { SessionEvent, Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Store } from '../store/store.ts';
import type { Gate } from './access.ts';
import type { Caller } from './caller.ts';
import type { Waiters } from './waiters.ts';

export const READ_UNTIL = ['event', 'turn_end', 'attention'] as const;

export type ReadUntil = (typeof READ_UNTIL)[number];

export type ReadQuery = {
  readonly sessionId: string;
  readonly after: number;
  readonly limit: number;
  readonly waitMs: number;
  readonly until: ReadUntil;
  readonly signal: AbortSignal;
};

export type WaitQuery = {
  /** Without repetition. */
  readonly sessionIds: readonly string[];
  readonly for: 'any' | 'all';
  readonly until: Exclude<ReadUntil, 'event'>;
  readonly waitMs: number;
  readonly signal: AbortSignal;
};

export type Read = {
  readonly session: Session;
  readonly events: readonly SessionEvent[];
};

export type ReaderDeps = {
  readonly store: Store;
  readonly gate: Gate;
  readonly waiters: Waiters;
};

const SCAN_EVENTS = 500;

export class Reader {
  readonly #store: Store;
  readonly #gate: Gate;
  readonly #waiters: Waiters;

  constructor({ store, gate, waiters }: ReaderDeps) {
    this.#store = store;
    this.#gate = gate;
    this.#waiters = waiters;
  }

  /** The events after a seq. With `waitMs`, first waits for what `until` names, but no longer. */
  async read(caller: Caller, query: ReadQuery): Promise<Read> {
    await this.#gate.readable(caller, query.sessionId);
    if (query.waitMs > 0) await this.#wait(caller, query);
    const session = await this.#gate.readable(caller, query.sessionId);
    const events = await this.#store.events(query.sessionId, query.after, query.limit);
    return { session, events };
  }

  /** Waits until any or all of the sessions need attention or are at rest; the sessions as they are then. */
  async waitFor(
    caller: Caller,
    query: WaitQuery,
  ): Promise<{ ready: string[]; sessions: Session[] }> {
    const look = async (): Promise<{ ready: string[]; sessions: Session[] }> => {
      const sessions = await Promise.all(
        query.sessionIds.map((id) => this.#gate.readable(caller, id)),
      );
      const ready = sessions.filter((session) => isSettled(session, query.until));
      return { ready: ready.map((session) => session.id), sessions };
    };
    const enough = query.for === 'all' ? query.sessionIds.length : 1;
    const lookForEnough = async () => {
      const found = await look();
      return found.ready.length >= enough ? found : undefined;
    };
    const { sessionIds, waitMs, signal } = query;
    return (await this.#waiters.until(sessionIds, lookForEnough, waitMs, signal)) ?? look();
  }

  /** The turn once it has ended or asks for a permission; as it stands when the wait is over. */
  async turnSettled(
    turn: Turn,
    caller: Caller,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Turn> {
    const look = async (): Promise<Turn | undefined> => {
      const now = await this.#store.turn(turn.sessionId, turn.id);
      if (now === undefined || isOver(now)) return now;
      const session = await this.#gate.readable(caller, turn.sessionId);
      return now.state === 'running' && session.pendingPermissions > 0 ? now : undefined;
    };
    const settled = await this.#waiters.until([turn.sessionId], look, waitMs, signal);
    return settled ?? (await this.#store.turn(turn.sessionId, turn.id)) ?? turn;
  }

  /** What Claude said in a turn after a seq, its end at most, and the seq it was read up to. */
  async textOf(turn: Turn, after: number): Promise<{ text: string; after: number }> {
    let text = '';
    let read = after;
    for (;;) {
      const page = await this.#store.events(turn.sessionId, read, SCAN_EVENTS);
      for (const event of page) {
        if (event.type === 'text' && event.turnId === turn.id) text += `${event.text}\n`;
      }
      text = text.slice(-TURN_RESULT_BYTES_MAX).replace(/^[\udc00-\udfff]/, '');
      read = page.at(-1)?.seq ?? read;
      if (page.length === 0) return { text: text.trimEnd(), after: read };
    }
  }

  async #wait(caller: Caller, query: ReadQuery): Promise<void> {
    let scanned = query.after;
    const look = async (): Promise<true | undefined> => {
      const session = await this.#gate.readable(caller, query.sessionId);
      if (session.status === 'terminated') return true;
      if (query.until === 'event') return session.lastSeq > query.after ? true : undefined;
      if (isSettled(session, query.until)) return true;
      const found = await this.#scan(query, scanned);
      scanned = found.scanned;
      return found.hit ? true : undefined;
    };
    await this.#waiters.until([query.sessionId], look, query.waitMs, query.signal);
  }

  /** Looks through the log for what the caller waits for, from where the last look ended. */
  async #scan(query: ReadQuery, from: number): Promise<{ hit: boolean; scanned: number }> {
    let scanned = from;
    for (;;) {
      const page = await this.#store.events(query.sessionId, scanned, SCAN_EVENTS);
      if (page.some((event) => endsWait(event, query.until))) return { hit: true, scanned };
      scanned = page.at(-1)?.seq ?? scanned;
      if (page.length === 0) return { hit: false, scanned };
    }
  }
}

export function isOver(turn: Turn): boolean {
  return turn.state !== 'queued' && turn.state !== 'running';
}

/** Nothing runs and nothing is queued, or somebody must answer: waiting on would be in vain. */
function isSettled(session: Session, until: ReadUntil): boolean {
  if (until === 'attention' && session.pendingPermissions > 0) return true;
  return session.turns.running === 0 && session.turns.queued === 0;
}

function endsWait(event: SessionEvent, until: ReadUntil): boolean {
  if (event.type === 'turn_ended' || event.type === 'session_ended') return true;
  return until === 'attention' && event.type === 'permission_requested';
}
