/**
 * The state directory as its operator sees it: the sessions of every principal, read while servers run and while none
 * does. Nothing is written, no lease is taken.
 */

import type { PermissionRequest, SessionEvent } from '../session/event.ts';
import type { Metrics } from '../session/metrics.ts';
import type { Session } from '../session/session.ts';
import type { Connection, ServerEntry } from './peers.ts';
import type { SessionQuery } from './queries.ts';
import type { Lease } from './store.ts';

export type InspectionQuery = Omit<SessionQuery, 'principal' | 'mcpSessionId' | 'cursor'>;

/** A session, as far as it takes to see that its log has grown. */
export type ActiveSession = {
  readonly id: string;
  readonly lastSeq: number;
  /** By the clock for ages; 0 if a server of an earlier version wrote it. */
  readonly activeAt: number;
  readonly hasEnded: boolean;
};

export interface Inspection {
  /** In the order of their names. */
  principals(): Promise<readonly string[]>;
  /** Newest activity first. */
  sessions(query: InspectionQuery): Promise<readonly Session[]>;
  session(sessionId: string): Promise<Session | undefined>;
  /** Sessions with a queued or running turn. */
  working(): Promise<readonly Session[]>;
  /** All open sessions; or those that were active since a time by the clock for ages, whether they have ended or not. */
  active(since?: number): Promise<readonly ActiveSession[]>;
  /** Sessions whose id begins so, in the order of their ids. */
  withPrefix(prefix: string, limit: number): Promise<readonly Session[]>;
  /** Sessions of exactly this name; open ones and newest activity first. Cost grows with the number of sessions. */
  named(name: string, limit: number): Promise<readonly Session[]>;
  /** As `Store.events`. */
  events(sessionId: string, after: number, limit: number): Promise<readonly SessionEvent[]>;
  /** What a session asks to be allowed, oldest first. */
  permissionRequests(session: Session, limit: number): Promise<readonly PermissionRequest[]>;
  /** Requests in whatever state whose id begins so, newest first. */
  requestsWithPrefix(prefix: string, limit: number): Promise<readonly PermissionRequest[]>;
  metrics(principal: string, scope: string): Promise<Metrics>;
  lease(sessionId: string): Promise<Lease | undefined>;
  /** Every lease, those of servers that are gone too. */
  leases(): Promise<readonly Lease[]>;
  /** As `Peers.servers`. */
  servers(): Promise<readonly ServerEntry[]>;
  connections(): Promise<readonly Connection[]>;
  /** The texts of what was allowed for the rest of the session. */
  remembered(sessionId: string): Promise<readonly string[]>;
  /** What SQLite finds wrong with the database, or `ok`. Reads all of it. */
  integrity(): Promise<string>;
  /** Calls back when something was written. Does not keep the process alive. */
  subscribe(listener: () => void): () => void;
  close(): void;
}
