/**
 * What the transports share. They are thin: a caller comes in, one server instance is made for it, and
 * the end of its MCP session is told once. They know nothing of tools, sessions or the store.
 */

import type { Server } from '@modelcontextprotocol/server';
import type { ResourceEvent } from '../server/subscriptions.ts';
import type { Caller } from '../service/caller.ts';

export type Connections = {
  /**
   * A fresh MCP server instance that answers for this caller. Cheap; called once per connection. `ending` aborts when
   * the connection is about to end: calls that wait answer at once, as if their time was up.
   */
  createServer(caller: Caller, ending: AbortSignal): Server;
  /**
   * Tells of every resource of this caller's principal that changes, until the returned function is called. For the
   * revision 2026-07-28, where the transport knows who watches what; on the others a server instance does it itself.
   */
  follow(caller: Caller, notify: (event: ResourceEvent) => void): () => void;
  /** The MCP session of this caller has begun. */
  opened(caller: Caller): void;
  /** It has a request or a stream open again, after {@link away}. */
  present(caller: Caller): void;
  /** It has none any more; whether its client is still there cannot be known. */
  away(caller: Caller): void;
  /** It has ended: DELETE, end of input, idle time-out. Called once for every `opened`. */
  closed(caller: Caller): void;
};

/** What of a transport's error may be logged: its message can quote what the client sent. */
export function kindOf(error: Error): { readonly kind: string; readonly code?: unknown } {
  return { kind: error.name, ...('code' in error && { code: error.code }) };
}
