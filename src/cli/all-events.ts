/** What is written to the logs of all sessions, found by what changed since the last look: cheap with many sessions. */

import type { SessionEvent } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { ActiveSession, Inspection } from '../store/inspection.ts';

export type SessionSaid = { readonly session: Session; readonly event: SessionEvent };

/** Read of one session at a time, so that one that says much holds up no other. */
const PAGE_EVENTS = 100;
const SESSIONS_AT_ONCE = 50;
/** Servers' clocks for ages may differ by this much. */
const CLOCK_SLACK_MS = 5000;

export class AllEvents {
  readonly #inspection: Inspection;
  /** By the id of a session, the seq of its last event that was returned. */
  readonly #seen = new Map<string, number>();
  readonly #ended = new Set<string>();
  /** By the id of a session, the seq up to which there are events to read. */
  readonly #behind = new Map<string, number>();
  /** The last activity by the clock for ages. */
  #last = 0;

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  /** There are more events already than were returned. */
  get isBehind(): boolean {
    return this.#behind.size > 0;
  }

  /** The last events of open sessions, oldest first. To be called once, before {@link next}. */
  async newest(count: number): Promise<readonly SessionSaid[]> {
    const open = await this.#inspection.active();
    this.#last = open.reduce((last, { activeAt }) => Math.max(last, activeAt), 0);
    // Among them are some that have just ended: what they have said is not new.
    const recent = await this.#inspection.active(this.#last - CLOCK_SLACK_MS);
    for (const { id, lastSeq } of [...recent, ...open]) this.#seen.set(id, lastSeq);
    const newest = [...open].sort((a, b) => b.activeAt - a.activeAt).slice(0, count);
    const said = await Promise.all(
      newest.map(({ id, lastSeq }) => this.#read(id, Math.max(0, lastSeq - count), count)),
    );
    const known = said.flat().filter(({ session, event }) => event.seq <= this.#seenOf(session.id));
    return inOrder(known).slice(-count);
  }

  /** What was written since, of each session in the order of its log, over all in the order of time. */
  async next(): Promise<readonly SessionSaid[]> {
    const active = await this.#inspection.active(this.#last - CLOCK_SLACK_MS);
    this.#note(active);
    const said: SessionSaid[] = [];
    for (const id of [...this.#behind.keys()].slice(0, SESSIONS_AT_ONCE)) {
      const page = await this.#read(id, this.#seenOf(id), PAGE_EVENTS);
      const seen = page.at(-1)?.event.seq;
      if (seen !== undefined) this.#seen.set(id, seen);
      // No page: the session was deleted meanwhile.
      if (seen === undefined || seen >= (this.#behind.get(id) ?? 0)) this.#behind.delete(id);
      said.push(...page);
    }
    return inOrder(said);
  }

  #note(active: readonly ActiveSession[]): void {
    const isRecent = new Set(active.map(({ id }) => id));
    for (const id of this.#ended) {
      if (isRecent.has(id) || this.#behind.has(id)) continue;
      this.#ended.delete(id);
      this.#seen.delete(id);
    }
    for (const { id, lastSeq, activeAt, hasEnded } of active) {
      this.#last = Math.max(this.#last, activeAt);
      if (lastSeq > this.#seenOf(id)) this.#behind.set(id, lastSeq);
      if (hasEnded) this.#ended.add(id);
    }
  }

  async #read(id: string, after: number, limit: number): Promise<readonly SessionSaid[]> {
    const session = await this.#inspection.session(id);
    if (session === undefined) return [];
    const events = await this.#inspection.events(id, after, limit);
    return events.map((event) => ({ session, event }));
  }

  #seenOf(id: string): number {
    return this.#seen.get(id) ?? 0;
  }
}

/** By time. Nothing tells which of two sessions was first in a millisecond, so their ids decide, always the same way. */
function inOrder(said: readonly SessionSaid[]): readonly SessionSaid[] {
  return [...said].sort(
    (a, b) =>
      a.event.at - b.event.at || compare(a.session.id, b.session.id) || a.event.seq - b.event.seq,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
