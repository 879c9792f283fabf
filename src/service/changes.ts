/**
 * Reports which sessions of a principal have changed, to followers. Changes by any server are found by looking up the
 * newest activity, so a follower hears only of sessions of its principal.
 */

import type { Logger } from '../log.ts';
import { CHANGE_SLACK_MS, CHANGES_PAGE, NOTIFY_MS } from '../process-limits.ts';
import type { SessionMark } from '../store/queries.ts';
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';

export type Change = {
  readonly sessionIds: readonly string[];
  /** A session was created or has ended. */
  readonly listChanged: boolean;
};

type Follower = (change: Change) => void;

type ChangesDeps = {
  readonly store: Pick<Store, 'subscribe' | 'activity'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
};

export class Changes {
  readonly #deps: ChangesDeps;
  readonly #feeds = new Map<string, Feed>();
  readonly #stop: () => void;

  constructor(deps: ChangesDeps) {
    this.#deps = deps;
    this.#stop = deps.store.subscribe(({ sessions }) => {
      if (sessions !== 'any' && sessions.size === 0) return;
      for (const feed of this.#feeds.values()) feed.poke();
    });
  }

  /**
   * Calls back when sessions of the principal change from now on, at most once per {@link NOTIFY_MS}. Returns the function
   * that stops this.
   */
  follow(principal: string, follower: Follower): () => void {
    const feed = this.#feeds.get(principal) ?? new Feed(principal, this.#deps);
    this.#feeds.set(principal, feed);
    // A new function, so that the same follower can be added twice and removed once.
    const entry: Follower = (change) => follower(change);
    feed.followers.add(entry);
    return () => {
      feed.followers.delete(entry);
      if (feed.followers.size === 0 && this.#feeds.get(principal) === feed) this.#drop(principal);
    };
  }

  close(): void {
    this.#stop();
    for (const principal of [...this.#feeds.keys()]) this.#drop(principal);
  }

  #drop(principal: string): void {
    this.#feeds.get(principal)?.close();
    this.#feeds.delete(principal);
  }
}

/** The changes of one principal. */
class Feed {
  readonly followers = new Set<Follower>();
  readonly #principal: string;
  readonly #deps: ChangesDeps;
  /** The newest activity, for as long as an earlier write may still appear. */
  #seen: ReadonlyMap<string, SessionMark> = new Map();
  #newest: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #again = false;
  #isClosed = false;

  constructor(principal: string, deps: ChangesDeps) {
    this.#principal = principal;
    this.#deps = deps;
    this.#newest = deps.clock.now();
    // What exists already is not a change, so the first look calls nobody.
    void this.#look(() => {});
  }

  /** Looks soon, but not too often. */
  poke(): void {
    if (this.#isLooking) this.#again = true;
    if (this.#isLooking || this.#isClosed || this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lookedAt + NOTIFY_MS - this.#deps.clock.monotonic());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#lookedAt = this.#deps.clock.monotonic();
      void this.#look((change) => this.#tell(change));
    }, wait).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(tell: Follower): Promise<void> {
    this.#isLooking = true;
    this.#again = false;
    try {
      const change = await this.#change();
      if (change.sessionIds.length > 0 && !this.#isClosed) tell(change);
    } catch (err) {
      // Nothing is lost: the next look begins where this one did.
      if (!this.#isClosed) this.#deps.log.warn({ err }, 'failed to look up changes');
    }
    this.#isLooking = false;
    if (this.#again) this.poke();
  }

  #tell(change: Change): void {
    for (const follower of [...this.followers]) follower(change);
  }

  async #change(): Promise<Change> {
    // If the clock was set back, the newest activity is in the future.
    const since = Math.min(this.#newest, this.#deps.clock.now()) - CHANGE_SLACK_MS;
    const marks = await this.#marksSince(since);
    const changed = [...marks.values()].filter(
      (mark) => this.#seen.get(mark.id)?.lastSeq !== mark.lastSeq,
    );
    const listChanged = changed.some((mark) => this.#changesList(mark, since));
    for (const mark of changed) this.#newest = Math.max(this.#newest, mark.lastActivity);
    const kept = [...marks].filter(
      ([, mark]) => mark.lastActivity > this.#newest - CHANGE_SLACK_MS,
    );
    this.#seen = new Map(kept);
    return { sessionIds: changed.map((mark) => mark.id), listChanged };
  }

  async #marksSince(since: number): Promise<Map<string, SessionMark>> {
    const marks = new Map<string, SessionMark>();
    for (let after = { lastActivity: since, id: '' }; ; ) {
      const query = { principal: this.#principal, after, limit: CHANGES_PAGE };
      const page = await this.#deps.store.activity(query);
      for (const mark of page) marks.set(mark.id, mark);
      const last = page.at(-1);
      if (last === undefined || page.length < CHANGES_PAGE) return marks;
      after = last;
    }
  }

  #changesList(mark: SessionMark, since: number): boolean {
    const known = this.#seen.get(mark.id);
    if (known === undefined && mark.createdAt >= since) return true;
    return mark.endedAt !== undefined && known?.endedAt === undefined && mark.endedAt >= since;
  }
}
