import type { SessionStatus } from '../session/status.ts';
import type { ClaudeCodeOptions } from './options.ts';
import type { SessionState } from './session-state.ts';

const EMPTY_IT = 'set its length to 0 to empty it';

/**
 * A session. Every method of the manager returns the same object for it, and its fields show the
 * present, also after it has ended. Spreading and JSON show everything but the controller.
 */
export type ClaudeCodeSession = {
  readonly id: string;
  /** Changed by `updateStatus`. */
  readonly status: SessionStatus;
  readonly workingDirectory: string;
  /** A frozen copy of what was given. */
  readonly options: ClaudeCodeOptions;
  /**
   * Arrays that keep the last texts, up to 1000 texts and 1 MiB. A `push` counts as activity, so that a
   * session that streams is not idle.
   */
  readonly outputBuffer: string[];
  readonly errorBuffer: string[];
  readonly streamBuffer: string[];
  /** A new Date at each read; changing it changes nothing here. */
  readonly createdAt: Date;
  readonly lastActivity: Date;
  /** The task linked last, by `setTaskId`. */
  readonly taskId?: string;
  /** Set by `setMcpSessionId`. */
  readonly mcpSessionId?: string;
  /**
   * Aborted when the session ends. Setting another one while the session is busy aborts the one before,
   * as a session has one run at a time; undefined takes it back. What a listener throws is logged.
   *
   * Throws a SessionError if it is set to something that cannot abort, or after the session has ended.
   */
  abortController?: AbortController | undefined;
};

/** What callers see of a {@link SessionState}. */
export class LiveSession implements ClaudeCodeSession {
  readonly id: string;
  readonly workingDirectory: string;
  readonly options: ClaudeCodeOptions;
  declare readonly status: SessionStatus;
  declare readonly outputBuffer: string[];
  declare readonly errorBuffer: string[];
  declare readonly streamBuffer: string[];
  declare readonly createdAt: Date;
  declare readonly lastActivity: Date;
  declare readonly taskId: string | undefined;
  declare readonly mcpSessionId: string | undefined;

  readonly #state: SessionState;

  constructor(state: SessionState, id: string, options: ClaudeCodeOptions, directory: string) {
    this.id = id;
    this.workingDirectory = directory;
    this.options = options;
    this.#state = state;
    // Properties of the object itself, so that spreading and JSON show them. The descriptors are
    // shared, because accessors written in a literal cost three times as much.
    for (const [name, accessor] of LiveSession.#accessors) {
      Object.defineProperty(this, name, accessor);
    }
    Object.freeze(this);
  }

  /** On the prototype, because it is a handle and not data: JSON and `structuredClone` leave it out. */
  get abortController(): AbortController | undefined {
    return this.#state.controller;
  }

  set abortController(controller: AbortController | undefined) {
    this.#state.takeController(controller);
  }

  /** For `console.log`, which would show only that there are accessors. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { ...this };
  }

  static readonly #accessors = [
    accessor('status', (live) => live.#state.status, 'use updateStatus'),
    accessor('outputBuffer', (live) => live.#state.buffer('outputBuffer'), EMPTY_IT),
    accessor('errorBuffer', (live) => live.#state.buffer('errorBuffer'), EMPTY_IT),
    accessor('streamBuffer', (live) => live.#state.buffer('streamBuffer'), EMPTY_IT),
    accessor('createdAt', (live) => new Date(live.#state.createdAt), 'it never changes'),
    accessor('lastActivity', (live) => new Date(live.#state.lastActivity), 'use updateActivity'),
    accessor('taskId', (live) => live.#state.taskId, 'use setTaskId'),
    accessor('mcpSessionId', (live) => live.#state.mcpSessionId, 'use setMcpSessionId'),
  ];
}

function accessor(
  name: string,
  read: (session: LiveSession) => unknown,
  advice: string,
): readonly [string, PropertyDescriptor] {
  return [
    name,
    {
      enumerable: true,
      get(this: LiveSession) {
        return read(this);
      },
      set(this: LiveSession) {
        throw new TypeError(`${name} of session ${this.id} cannot be assigned: ${advice}`);
      },
    },
  ];
}
