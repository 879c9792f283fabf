/**
 * What was sent on the streams of MCP sessions, kept for clients that lost their connection and ask for the rest with
 * `Last-Event-ID`. It is a convenience, and bounded: a session's own log has everything.
 */

import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';
import {
  HTTP_REPLAY_BYTES_MAX,
  HTTP_REPLAY_SESSION_BYTES_MAX,
  HTTP_REPLAY_SESSION_EVENTS_MAX,
} from '../../connection-limits.ts';
import { type SlimMessage, slimOf, wholeOf } from '../message.ts';

/** An event, between its neighbours in the order of all sessions' events. */
type Kept = {
  readonly id: string;
  readonly log: ReplayLog;
  readonly streamId: string;
  readonly slim: SlimMessage;
  readonly bytes: number;
  older: Kept | undefined;
  newer: Kept | undefined;
};

/**
 * The logs of all sessions under one bound: over it, the oldest event of all is dropped. The events are a linked list,
 * because sessions drop them from anywhere in it.
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
    while (this.#bytes > HTTP_REPLAY_BYTES_MAX) this.#oldest?.log.dropOldest();
  }

  remove({ older, newer, bytes }: Kept): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    this.#bytes -= bytes;
  }
}

/** The events of one MCP session; ids of other sessions are unknown here. */
export class ReplayLog implements EventStore {
  readonly #logs: ReplayLogs;
  readonly #prefix: string;
  /** The oldest first. */
  #events: Kept[] = [];
  #bytes = 0;
  #stored = 0;

  constructor(logs: ReplayLogs, prefix: string) {
    this.#logs = logs;
    this.#prefix = prefix;
  }

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    this.#stored += 1;
    const id = `${this.#prefix}_${this.#stored}`;
    const slim = slimOf(message);
    const bytes = Buffer.byteLength(slim.data ?? JSON.stringify(message));
    if (bytes > HTTP_REPLAY_SESSION_BYTES_MAX) {
      // A stream with a gap in it is refused rather than replayed.
      this.#drop((kept) => kept.streamId === streamId);
      return id;
    }
    this.#keep({ id, log: this, streamId, slim, bytes, older: undefined, newer: undefined });
    return id;
  }

  async getStreamIdForEventId(id: string): Promise<string | undefined> {
    return this.#events.find((kept) => kept.id === id)?.streamId;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const at = this.#events.findIndex(({ id }) => id === lastEventId);
    const streamId = this.#events[at]?.streamId ?? '';
    for (const kept of this.#events.slice(at + 1)) {
      if (kept.streamId === streamId) await send(kept.id, wholeOf(kept.slim));
    }
    return streamId;
  }

  dropOldest(): void {
    const kept = this.#events.shift();
    if (kept === undefined) return;
    this.#bytes -= kept.bytes;
    this.#logs.remove(kept);
  }

  /** The MCP session has ended. */
  clear(): void {
    this.#drop(() => true);
  }

  #drop(goes: (kept: Kept) => boolean): void {
    const events = this.#events;
    this.#events = events.filter((kept) => !goes(kept));
    for (const kept of events.filter(goes)) {
      this.#bytes -= kept.bytes;
      this.#logs.remove(kept);
    }
  }

  #keep(kept: Kept): void {
    this.#events.push(kept);
    this.#bytes += kept.bytes;
    this.#logs.add(kept);
    while (
      this.#bytes > HTTP_REPLAY_SESSION_BYTES_MAX ||
      this.#events.length > HTTP_REPLAY_SESSION_EVENTS_MAX
    ) {
      this.dropOldest();
    }
  }
}
