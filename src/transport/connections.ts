/**
 * What the transports share. They are thin: they identify a caller, create one server instance for it, and report the end
 * of its MCP session once. They know nothing of tools, sessions or the store.
 */

import type { Server } from '@modelcontextprotocol/server';
import type { ResourceEvent } from '../server/subscriptions.ts';
import type { Caller } from '../service/caller.ts';

export type Connections = {
  /**
   * A new MCP server instance that serves this caller. Cheap; called once per connection. `ending` aborts when the
   * connection is about to end: calls that wait answer at once, as if their time were up.
   */
  createServer(caller: Caller, ending: AbortSignal): Server;
  /**
   * Calls back for every resource of this caller's principal that changes, until the returned function is called. For the
   * 2026-07-28 revision, in which the transport knows who watches what; in the others a server instance does.
   */
  follow(caller: Caller, notify: (event: ResourceEvent) => void): () => void;
  /** The MCP session of this caller has begun. */
  opened(caller: Caller): void;
  /** It has an open request or stream again, after {@link away}. */
  present(caller: Caller): void;
  /** It has none. Whether its client is still there is unknown. */
  away(caller: Caller): void;
  /** It has ended: by DELETE, end of input or idle time-out. Called once for every `opened`. */
  closed(caller: Caller): void;
};

/** The part of a transport's error that may be logged: its message can quote what the client sent. */
export function kindOf(error: Error): { readonly kind: string; readonly code?: unknown } {
  return { kind: error.name, code: 'code' in error ? error.code : undefined };
}
