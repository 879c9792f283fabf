import type { Session } from '../session/session.ts';
import type { SessionStatus } from '../session/status.ts';
import type { ClaudeCodeOptions } from './options.ts';
import type { TextRing } from './text-ring.ts';

/** A session as it was when you asked: frozen, and the same object until the session changes. */
export type ClaudeCodeSession = {
  readonly id: string;
  readonly status: SessionStatus;
  readonly workingDirectory: string;
  readonly options: ClaudeCodeOptions;
  readonly outputBuffer: readonly string[];
  readonly errorBuffer: readonly string[];
  readonly streamBuffer: readonly string[];
  /** A new Date at each look, so that nobody else sees what you do with it. */
  readonly createdAt: Date;
  readonly lastActivity: Date;
  /** The task linked last. */
  readonly taskId?: string;
  readonly mcpSessionId?: string;
  /** Not part of the snapshot: reads and sets the session's own, as `setAbortController` does. */
  abortController?: AbortController | undefined;
};

export const BUFFER_NAMES = ['output', 'error', 'stream'] as const;

export type BufferName = (typeof BUFFER_NAMES)[number];

/** All that the manager holds of one session. */
export type Entry = {
  /** Never changed in place: a change puts another record here. */
  session: Session;
  readonly options: ClaudeCodeOptions;
  /** By the monotonic clock, in milliseconds. */
  readonly createdMs: number;
  activeMs: number;
  readonly buffers: Partial<Record<BufferName, TextRing>>;
  controller: AbortController | undefined;
  snapshot: ClaudeCodeSession | undefined;
  /** Its place among the idle sessions. */
  older: Entry | undefined;
  newer: Entry | undefined;
};
