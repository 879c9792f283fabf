/** Reading a session's log, at once or as soon as there is something to read. */

import { TURN_RESULT_BYTES_MAX } from '../limits.ts';
import type { SessionEvent, Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { CompletionQuery } from '../store/queries.ts';
import type { Store } from '../store/store.ts';
import { tailOf } from '../text.ts';
import type { Gate } from './access.ts';
import type { Caller } from './caller.ts';
import type { Unfinished, UnfinishedTexts } from './unfinished.ts';
import type { Waiters } from './waiters.ts';

export const READ_UNTIL = ['event', 'turn_end', 'attention'] as const;

export type ReadUntil = (typeof READ_UNTIL)[number];

/**
 * Sees each session of a wait, at every look at it. True holds a wait for attention on: a person is
 * being asked about what the session waits for.
 */
export type Watch = (session: Session) => Promise<boolean>;

export type ReadQuery = {
  readonly sessionId: string;
  readonly after: number;
  readonly limit: number;
  readonly waitMs: number;
  readonly until: ReadUntil;
  readonly signal: AbortSignal;
  readonly watch: Watch;
};

export type WaitQuery = {
  /** Ids or names. One that is named twice counts once. */
  readonly sessionIds: readonly string[];
  readonly for: 'any' | 'all';
  readonly until: Exclude<ReadUntil, 'event'>;
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly watch: Watch;
};

export type TurnQuery = Pick<ReadQuery, 'waitMs' | 'signal' | 'watch'> & { readonly turn: Turn };

export type Read = {
  readonly session: Session;
  readonly events: readonly SessionEvent[];
};

export type ReaderDeps = {
  readonly unfinished: Pick<UnfinishedTexts, 'read'>;
  readonly store: Store;
  readonly gate: Gate;
  readonly waiters: Waiters;
};

const SCAN_EVENTS = 500;

export class Reader {
  readonly #store: Store;
  readonly #gate: Gate;
  readonly #waiters: Waiters;
  readonly #unfinished: ReaderDeps['unfinished'];

  constructor({ store, gate, waiters, unfinished }: ReaderDeps) {
    this.#unfinished = unfinished;
    this.#store = store;
    this.#gate = gate;
    this.#waiters = waiters;
  }

  /** The events after a seq. With `waitMs`, first waits for what `until` names, but no longer. */
  async read(caller: Caller, query: ReadQuery): Promise<Read> {
    const sessionId = await this.#gate.idOf(caller, query.sessionId);
    const asked = { ...query, sessionId };
    if (query.waitMs > 0) await this.#wait(caller, asked);
    return this.page(caller, asked);
  }

  /** The events after a seq as they stand. */
  async page(
    caller: Caller,
    { sessionId, after, limit }: Pick<ReadQuery, 'sessionId' | 'after' | 'limit'>,
  ): Promise<Read> {
    const session = await this.#gate.readable(caller, sessionId);
    const events = await this.#store.events(session.id, after, limit);
    return { session, events };
  }

  /** Waits until any or all of the sessions need attention or are at rest; the sessions as they are then. */
  async waitFor(
    caller: Caller,
    query: WaitQuery,
  ): Promise<{ ready: string[]; sessions: Session[] }> {
    const named = query.sessionIds.map((one) => this.#gate.idOf(caller, one));
    const sessionIds = [...new Set(await Promise.all(named))];
    const look = async (): Promise<{ ready: string[]; sessions: Session[] }> => {
      const sessions = await Promise.all(sessionIds.map((id) => this.#gate.readable(caller, id)));
      const held = await Promise.all(sessions.map((session) => query.watch(session)));
      const ready = sessions.filter((session, at) => isSettled(session, query.until, held[at]));
      return { ready: ready.map((session) => session.id), sessions };
    };
    const enough = query.for === 'all' ? sessionIds.length : 1;
    const lookForEnough = async () => {
      const found = await look();
      return found.ready.length >= enough ? found : undefined;
    };
    const { waitMs, signal } = query;
    return (await this.#waiters.until(sessionIds, lookForEnough, waitMs, signal)) ?? look();
  }

  /** The turn once it has ended or asks for a permission; as it stands when the wait is over. */
  async turnSettled(caller: Caller, query: TurnQuery): Promise<Turn> {
    const { turn, waitMs, signal } = query;
    const look = async (): Promise<Turn | undefined> => {
      const now = await this.#store.turn(turn.sessionId, turn.id);
      if (now === undefined || isOver(now)) return now;
      const session = await this.#gate.readable(caller, turn.sessionId);
      const isHeld = await query.watch(session);
      return now.state === 'running' && session.pendingPermissions > 0 && !isHeld ? now : undefined;
    };
    const settled = await this.#waiters.until([turn.sessionId], look, waitMs, signal);
    return settled ?? (await this.#store.turn(turn.sessionId, turn.id)) ?? turn;
  }

  /** What Claude said in a turn after a seq, its end at most, and the seq it was read up to. */
  async textOf(
    turn: Turn,
    after: number,
  ): Promise<{ text: string; isCut: boolean; after: number }> {
    let text = '';
    let isCut = false;
    let read = after;
    for (;;) {
      const page = await this.#store.events(turn.sessionId, read, SCAN_EVENTS);
      for (const event of page) {
        if (event.type === 'text' && event.turnId === turn.id) text += `${event.text}\n`;
      }
      isCut ||= text.length > TURN_RESULT_BYTES_MAX + 1;
      text = tailOf(text, TURN_RESULT_BYTES_MAX + 1);
      read = page.at(-1)?.seq ?? read;
      if (page.length === 0) return { text: text.trimEnd(), isCut, after: read };
    }
  }

  /** The last events of a session's log, oldest first. */
  async newest({ id, lastSeq }: Session, count: number): Promise<readonly SessionEvent[]> {
    return this.#store.events(id, Math.max(0, lastSeq - count), count);
  }

  /** What Claude is writing in a session that the caller may read; undefined if it writes no text now. */
  writing({ id }: Session): Promise<Unfinished | undefined> {
    return this.#unfinished.read(id);
  }

  /** Makes the waits for a session look again, for a reason that is not in its log. */
  wake(sessionId: string): void {
    this.#waiters.wake(new Set([sessionId]));
  }

  /** What of the caller's begins like `prefix`, for somebody who is typing; one more than `limit` tells of more. */
  complete(
    { principal }: Caller,
    query: Omit<CompletionQuery, 'principal'>,
  ): Promise<readonly string[]> {
    return this.#store.complete({ ...query, principal });
  }

  async #wait(caller: Caller, query: ReadQuery): Promise<void> {
    let scanned = query.after;
    const look = async (): Promise<true | undefined> => {
      const session = await this.#gate.readable(caller, query.sessionId);
      const isHeld = await query.watch(session);
      if (session.status === 'terminated') return true;
      if (query.until === 'event') return session.lastSeq > query.after ? true : undefined;
      if (isSettled(session, query.until, isHeld)) return true;
      const found = await this.#scan(query.sessionId, scanned);
      scanned = found.scanned;
      return found.hit ? true : undefined;
    };
    await this.#waiters.until([query.sessionId], look, query.waitMs, query.signal);
  }

  /** Looks through the log for the end of a turn, from where the last look ended. */
  async #scan(sessionId: string, from: number): Promise<{ hit: boolean; scanned: number }> {
    let scanned = from;
    for (;;) {
      const page = await this.#store.events(sessionId, scanned, SCAN_EVENTS);
      if (page.some(isEnd)) return { hit: true, scanned };
      scanned = page.at(-1)?.seq ?? scanned;
      if (page.length === 0) return { hit: false, scanned };
    }
  }
}

export function isOver(turn: Turn): boolean {
  return turn.state !== 'queued' && turn.state !== 'running';
}

/** Nothing runs and nothing is queued, or somebody must answer: waiting on would be in vain. */
function isSettled(session: Session, until: ReadUntil, isHeld = false): boolean {
  if (until === 'attention' && session.pendingPermissions > 0) return !isHeld;
  return session.turns.running === 0 && session.turns.queued === 0;
}

function isEnd({ type }: SessionEvent): boolean {
  return type === 'turn_ended' || type === 'session_ended';
}
