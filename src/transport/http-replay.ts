/**
 * What was sent over the streams of MCP sessions, kept for clients that lost their connection and ask for the rest
 * with `Last-Event-ID`. Only a convenience, and bounded: what must not be missed is in a session's own log.
 */

import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';
import {
  HTTP_REPLAY_BYTES_MAX,
  HTTP_REPLAY_SESSION_BYTES_MAX,
  HTTP_REPLAY_SESSION_EVENTS_MAX,
} from '../limits.ts';

/** An event, between its neighbours in the order in which those of all sessions came. */
type Kept = {
  readonly id: string;
  readonly log: ReplayLog;
  readonly streamId: string;
  readonly message: JSONRPCMessage;
  readonly bytes: number;
  older: Kept | undefined;
  newer: Kept | undefined;
};

/**
 * The logs of all sessions of a server, under one bound: over it the oldest event of all is dropped. A linked list, as
 * events go from anywhere in it, and a map would step over the places of all that are gone to find its first.
 */
export class ReplayLogs {
  #oldest: Kept | undefined;
  #newest: Kept | undefined;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The log of one MCP session. The prefix makes its event ids unique among all sessions. */
  open(prefix: string): ReplayLog {
    return new ReplayLog(this, prefix);
  }

  add(kept: Kept): void {
    kept.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = kept;
    else this.#newest.newer = kept;
    this.#newest = kept;
    this.#bytes += kept.bytes;
    while (this.#oldest !== undefined && this.#bytes > HTTP_REPLAY_BYTES_MAX) {
      this.#oldest.log.drop(this.#oldest);
    }
  }

  remove({ older, newer, bytes }: Kept): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    this.#bytes -= bytes;
  }
}

/** One MCP session's events; an id of another session is unknown here. */
export class ReplayLog implements EventStore {
  readonly #logs: ReplayLogs;
  readonly #prefix: string;
  readonly #events = new Map<string, Kept>();
  #bytes = 0;
  #stored = 0;

  constructor(logs: ReplayLogs, prefix: string) {
    this.#logs = logs;
    this.#prefix = prefix;
  }

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    this.#stored += 1;
    const id = `${this.#prefix}_${this.#stored}`;
    const bytes = Buffer.byteLength(JSON.stringify(message));
    if (bytes > HTTP_REPLAY_SESSION_BYTES_MAX) {
      // A stream with a gap in it is refused rather than replayed.
      this.#dropStream(streamId);
      return id;
    }
    this.#keep({ id, log: this, streamId, message, bytes, older: undefined, newer: undefined });
    return id;
  }

  async getStreamIdForEventId(id: string): Promise<string | undefined> {
    return this.#events.get(id)?.streamId;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const streamId = this.#events.get(lastEventId)?.streamId ?? '';
    let isAfter = false;
    for (const [id, kept] of this.#events) {
      if (isAfter && kept.streamId === streamId) await send(id, kept.message);
      isAfter ||= id === lastEventId;
    }
    return streamId;
  }

  /** To be called once for each. */
  drop(kept: Kept): void {
    this.#events.delete(kept.id);
    this.#bytes -= kept.bytes;
    this.#logs.remove(kept);
  }

  /** The MCP session has ended. */
  clear(): void {
    for (const kept of [...this.#events.values()]) this.drop(kept);
  }

  #dropStream(streamId: string): void {
    for (const kept of [...this.#events.values()]) {
      if (kept.streamId === streamId) this.drop(kept);
    }
  }

  #keep(kept: Kept): void {
    this.#events.set(kept.id, kept);
    this.#bytes += kept.bytes;
    this.#logs.add(kept);
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const oldest of this.#events.values()) {
      const fits =
        this.#bytes <= HTTP_REPLAY_SESSION_BYTES_MAX &&
        this.#events.size <= HTTP_REPLAY_SESSION_EVENTS_MAX;
      if (fits) return;
      this.drop(oldest);
    }
  }
}
