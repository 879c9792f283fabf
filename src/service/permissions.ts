/** Permission requests: asked by a run, written down, and answered once, by a caller or by time. */

import { SessionError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { PermissionAsk, PermissionReply } from '../runner/runner.ts';
import type { LiveSession } from './live-session.ts';

export type PermissionsDeps = {
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: Logger;
  /** A request nobody answered is denied after this long. */
  readonly timeoutMs: number;
};

export class Permissions {
  readonly #deps: PermissionsDeps;

  constructor(deps: PermissionsDeps) {
    this.#deps = deps;
  }

  /** Asks the callers; the promise is the answer for Claude. Never rejects. */
  async ask(live: LiveSession, ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply> {
    const { now, newId, timeoutMs } = this.#deps;
    const requestId = newId();
    try {
      await live.command({
        type: 'request_permission',
        request: {
          requestId,
          turnId: live.turnId ?? null,
          toolName: ask.toolName,
          input: ask.input,
          ...(ask.description !== undefined && { description: ask.description }),
          expiresAt: now() + timeoutMs,
        },
      });
      await waitFor(timeoutMs, signal);
      if (!signal.aborted) await this.#expire(live, requestId);
    } catch (error) {
      if (!(error instanceof SessionError))
        this.#deps.log.error({ err: error }, 'permission request failed');
    }
    return { decision: 'deny', message: 'nobody answered this permission request in time' };
  }

  #expire(live: LiveSession, requestId: string): Promise<void> {
    return live.command({
      type: 'answer_permission',
      requestId,
      answer: { state: 'expired', message: 'not answered in time' },
    });
  }
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
