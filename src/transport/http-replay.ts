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

type Kept = {
  readonly log: ReplayLog;
  readonly streamId: string;
  readonly message: JSONRPCMessage;
  readonly bytes: number;
};

/** The logs of all sessions of a server, under one bound: over it the oldest event of all is dropped. */
export class ReplayLogs {
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The log of one MCP session. The prefix makes its event ids unique among all sessions. */
  open(prefix: string): ReplayLog {
    return new ReplayLog(this, prefix);
  }

  add(id: string, kept: Kept): void {
    this.#kept.set(id, kept);
    this.#bytes += kept.bytes;
    // Asked first: to find the oldest, a map steps over the places of all that were removed before it.
    if (this.#bytes > HTTP_REPLAY_BYTES_MAX) this.#makeRoom();
  }

  remove(id: string): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0;
    this.#kept.delete(id);
  }

  #makeRoom(): void {
    for (const [oldest, { log }] of this.#kept) {
      log.drop(oldest);
      if (this.#bytes <= HTTP_REPLAY_BYTES_MAX) return;
    }
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
    const kept = { log: this, streamId, message, bytes };
    this.#events.set(id, kept);
    this.#bytes += bytes;
    this.#logs.add(id, kept);
    this.#makeRoom();
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

  drop(id: string): void {
    this.#bytes -= this.#events.get(id)?.bytes ?? 0;
    this.#events.delete(id);
    this.#logs.remove(id);
  }

  /** The MCP session has ended. */
  clear(): void {
    for (const id of [...this.#events.keys()]) this.drop(id);
  }

  #dropStream(streamId: string): void {
    for (const [id, kept] of [...this.#events]) if (kept.streamId === streamId) this.drop(id);
  }

  #makeRoom(): void {
    for (const oldest of this.#events.keys()) {
      const fits =
        this.#bytes <= HTTP_REPLAY_SESSION_BYTES_MAX &&
        this.#events.size <= HTTP_REPLAY_SESSION_EVENTS_MAX;
      if (fits) return;
      this.drop(oldest);
    }
  }
}
