/** What the store is asked for, and how it answers a page of it. */

import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { SessionStatus } from '../session/status.ts';

/** Pending permission requests. */
export type RequestQuery = {
  readonly principal: string;
  readonly sessionId?: string;
  readonly mcpSessionId?: string;
  readonly limit: number;
  readonly cursor?: RequestCursor | undefined;
};

/** A place in the list of requests, oldest first. */
export type RequestCursor = { readonly createdAt: number; readonly id: string };

/** A request, and what a person knows its session by. */
export type ListedRequest = PermissionRequest & {
  readonly sessionName?: string | undefined;
  readonly workingDirectory: string;
};

/** One permission request of a principal, in whatever state. */
export type OneRequest = { readonly principal: string; readonly requestId: string };

export type IdleQuery = {
  /** Sessions without activity for longer than this, whatever the wall clock was set to meanwhile. */
  readonly idleMs: number;
  /** All principals if absent. */
  readonly principal?: string;
  readonly limit: number;
};

/** A session with a higher seq is no longer idle. */
export type IdleSession = { readonly id: string; readonly lastSeq: number };

export type SessionQuery = {
  readonly principal: string;
  readonly mcpSessionId?: string;
  readonly status?: SessionStatus;
  /** Leaves out the ended ones. */
  readonly openOnly?: boolean;
  readonly taskId?: string;
  readonly label?: { readonly key: string; readonly value: string };
  readonly limit: number;
  readonly cursor?: SessionCursor;
};

/** What no index has: each session has to be looked at. */
export type SearchQuery = SessionQuery & {
  /** Only those with a pending request, in error, or whose last turn failed or was lost; none that has ended. */
  readonly needsPerson?: boolean;
  /** In lower case; all occur in the name, the directory or the tasks. */
  readonly words?: readonly string[];
};

/** The first matches, and where to search on if there may be more: only so many sessions are looked at at once. */
export type Searched = {
  readonly sessions: readonly ListedSession[];
  readonly searchedTo?: SessionCursor;
};

/** What of a principal's begins like `prefix`: ids of sessions, ids of tasks, or labels as `key=value`. */
export type CompletionQuery = {
  readonly principal: string;
  readonly of: 'session' | 'task' | 'label';
  readonly prefix: string;
  readonly limit: number;
};

/** The sessions of a principal that have exactly this name and have not ended. */
export type NameQuery = {
  readonly principal: string;
  readonly name: string;
  readonly limit: number;
};

export type ActivityQuery = {
  readonly principal: string;
  readonly after: SessionCursor;
  readonly limit: number;
};

/** Differs if the session has changed. */
export type SessionMark = SessionCursor & {
  readonly lastSeq: number;
  readonly createdAt: number;
  readonly endedAt?: number;
};

/** `place` is its last activity as of the cursor, if it has changed since. */
export type ListedSession = Session & { readonly place?: number };

/** A place in the list, newest activity first. */
export type SessionCursor = {
  readonly lastActivity: number;
  readonly id: string;
  /** Epoch milliseconds: later sessions are left out, and sessions that changed since keep their place. */
  readonly asOf?: number | undefined;
};
