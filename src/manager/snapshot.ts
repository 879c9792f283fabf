import { type Session, taskIdOf } from '../session/session.ts';
import type { SessionStatus } from '../session/status.ts';
import type { ClaudeCodeSession, Entry } from './entry.ts';
import type { ClaudeCodeOptions } from './options.ts';
import { NO_TEXT } from './text-ring.ts';

/** Takes the controllers that are set on a snapshot. */
export type ControllerOwner = {
  setAbortController(id: string, controller: AbortController | undefined): void;
};

/** The entry as a caller may see it. */
export function snapshotOf(entry: Entry, owner: ControllerOwner): ClaudeCodeSession {
  entry.snapshot ??= new Snapshot(entry, owner);
  return entry.snapshot;
}

class Snapshot {
  readonly id: string;
  readonly status: SessionStatus;
  readonly workingDirectory: string;
  readonly options: ClaudeCodeOptions;
  readonly outputBuffer: readonly string[];
  readonly errorBuffer: readonly string[];
  readonly streamBuffer: readonly string[];
  declare readonly createdAt: Date;
  declare readonly lastActivity: Date;
  declare readonly taskId?: string;
  declare readonly mcpSessionId?: string;
  declare abortController: AbortController | undefined;

  /** In one private field: each costs V8 about as much as the making of an object. */
  readonly #of: {
    readonly entry: Entry;
    readonly session: Session;
    readonly owner: ControllerOwner;
  };

  constructor(entry: Entry, owner: ControllerOwner) {
    const { session, buffers } = entry;
    this.id = session.id;
    this.status = session.status;
    this.workingDirectory = session.options.workingDirectory;
    this.options = entry.options;
    this.outputBuffer = buffers.output?.texts ?? NO_TEXT;
    this.errorBuffer = buffers.error?.texts ?? NO_TEXT;
    this.streamBuffer = buffers.stream?.texts ?? NO_TEXT;
    this.#of = { entry, session, owner };
    const taskId = taskIdOf(session);
    if (taskId !== null) this.taskId = taskId;
    if (session.mcpSessionId !== null) this.mcpSessionId = session.mcpSessionId;
    // The object's own and enumerable, so that spreading and JSON show them too. The descriptors are
    // shared, since getters written in a literal cost three times as much.
    Object.defineProperty(this, 'createdAt', Snapshot.#createdAt);
    Object.defineProperty(this, 'lastActivity', Snapshot.#lastActivity);
    Object.defineProperty(this, 'abortController', Snapshot.#abortController);
    Object.freeze(this);
  }

  static readonly #createdAt = {
    enumerable: true,
    get(this: Snapshot): Date {
      return new Date(this.#of.session.createdAt);
    },
  };

  static readonly #lastActivity = {
    enumerable: true,
    get(this: Snapshot): Date {
      return new Date(this.#of.session.lastActivity);
    },
  };

  static readonly #abortController = {
    enumerable: true,
    get(this: Snapshot): AbortController | undefined {
      return this.#of.entry.controller;
    },
    set(this: Snapshot, controller: AbortController | undefined) {
      this.#of.owner.setAbortController(this.id, controller);
    },
  };
}
