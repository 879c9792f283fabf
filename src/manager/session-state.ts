import { SessionError } from '../errors.ts';
import type { SessionStatus } from '../session/status.ts';
import { abortContained } from './abort.ts';
import type { IdleOrder } from './idle-order.ts';
import { LiveSession } from './live-session.ts';
import { type ClaudeCodeOptions, invalid } from './options.ts';
import type { Tally } from './tally.ts';
import { textRing } from './text-ring.ts';

export type Clock = {
  /** Epoch milliseconds, for the times that are shown. */
  now(): number;
  /** Milliseconds that never go back, for ages and durations. */
  monotonic(): number;
};

/** What the sessions of one manager share. */
export type Shared = {
  readonly clock: Clock;
  /** Every session that is neither busy nor ended. */
  readonly idle: IdleOrder<SessionState>;
  readonly tally: Tally;
  readonly abortFailed: (id: string, error: unknown) => void;
};

/** One session as its manager keeps it. The manager checks what it is asked for before it calls. */
export class SessionState {
  readonly session: LiveSession;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  lastActivity: number;
  /** The same two times by the monotonic clock. */
  readonly createdMs: number;
  activeMs: number;
  status: SessionStatus = 'ready';
  taskId: string | undefined;
  mcpSessionId: string | undefined;
  controller: AbortController | undefined;
  /** Made when they are first read. */
  outputBuffer: string[] | undefined;
  errorBuffer: string[] | undefined;
  streamBuffer: string[] | undefined;
  /** Its neighbours among the idle sessions. */
  older: SessionState | undefined;
  newer: SessionState | undefined;
  readonly shared: Shared;

  constructor(id: string, options: ClaudeCodeOptions, workingDirectory: string, shared: Shared) {
    this.createdAt = shared.clock.now();
    this.lastActivity = this.createdAt;
    this.createdMs = shared.clock.monotonic();
    this.activeMs = this.createdMs;
    this.shared = shared;
    this.session = new LiveSession(this, id, options, workingDirectory);
    shared.idle.add(this);
    shared.tally.created(this.status);
  }

  buffer(name: 'outputBuffer' | 'errorBuffer' | 'streamBuffer'): string[] {
    this[name] ??= textRing(this);
    return this[name];
  }

  /** Notes activity. After the end there is none, although text may still arrive. */
  touch(): void {
    if (this.status === 'terminated') return;
    const { clock, idle } = this.shared;
    this.lastActivity = Math.max(this.lastActivity, clock.now());
    this.activeMs = clock.monotonic();
    idle.remove(this);
    if (this.status !== 'busy') idle.add(this);
  }

  become(status: SessionStatus): void {
    this.shared.tally.moved(this.status, status);
    this.status = status;
    this.touch();
  }

  /** The manager aborts the controller afterwards. */
  end(): void {
    this.touch();
    this.become('terminated');
    this.shared.idle.remove(this);
    this.shared.tally.ended(this.activeMs - this.createdMs);
  }

  takeController(controller: AbortController | undefined): void {
    const { id } = this.session;
    if (controller !== undefined && typeof controller?.abort !== 'function') {
      throw invalid(`session ${id}: expected an AbortController`);
    }
    if (controller !== undefined && this.status === 'terminated') {
      throw new SessionError('SESSION_NOT_READY', `session ${id} has ended and can run nothing`);
    }
    const replaced = this.controller;
    this.controller = controller;
    if (this.status !== 'busy' || controller === undefined || controller === replaced) return;
    this.abort(replaced, 'another run has taken over');
  }

  abort(controller: AbortController | undefined, reason: string): void {
    if (controller === undefined) return;
    abortContained(controller, reason, (error) => this.shared.abortFailed(this.session.id, error));
  }
}
