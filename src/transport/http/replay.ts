/**
 * What was sent on the streams of MCP sessions, kept for clients that lost their connection and ask for the rest with
 * `Last-Event-ID`. It is a convenience, and bounded: a session's own log has everything.
 */

import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';
import {
  HTTP_REPLAY_BYTES_MAX,
  HTTP_REPLAY_SESSION_BYTES_MAX,
  HTTP_REPLAY_SESSION_EVENTS_MAX,
} from '../../limits.ts';

/** An event, between its neighbours in the order of all sessions' events. */
type Kept = Compact & {
  readonly id: string;
  readonly log: ReplayLog;
  readonly streamId: string;
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
    const compact = compactOf(message);
    if (compact.bytes <= HTTP_REPLAY_SESSION_BYTES_MAX) this.#keep(id, streamId, compact);
    // A stream with a gap in it is refused rather than replayed.
    else this.#drop((kept) => kept.streamId === streamId);
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
      if (kept.streamId === streamId) await send(kept.id, messageOf(kept));
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

  #keep(id: string, streamId: string, compact: Compact): void {
    const kept = { ...compact, id, log: this, streamId, older: undefined, newer: undefined };
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

/**
 * A message as it is kept. Most are results of tools, which have their data twice: as JSON in a text and as structured
 * content. Only the text is kept: to hold the objects as well, or to write the message as JSON once more, would cost as
 * much as the rest of the call's way out.
 */
type Compact = { readonly message: JSONRPCMessage; readonly data?: string; readonly bytes: number };

function compactOf(message: JSONRPCMessage): Compact {
  const data = 'result' in message ? dataOf(message.result) : undefined;
  if (data === undefined || !('result' in message)) {
    return { message, bytes: Buffer.byteLength(JSON.stringify(message)) };
  }
  const { structuredContent: _data, ...result } = message.result;
  return { message: { ...message, result }, data, bytes: Buffer.byteLength(data) };
}

function messageOf({ message, data }: Compact): JSONRPCMessage {
  if (data === undefined || !('result' in message)) return message;
  const result = { ...message.result, structuredContent: JSON.parse(data) };
  return { ...message, result };
}

/** The text with the same data as the structured content, if there is any. */
function dataOf(result: Record<string, unknown>): string | undefined {
  if (!('structuredContent' in result) || !Array.isArray(result.content)) return undefined;
  const [first]: unknown[] = result.content;
  const isText = typeof first === 'object' && first !== null && 'text' in first;
  return isText && typeof first.text === 'string' ? first.text : undefined;
}
