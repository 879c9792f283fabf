/**
 * Forms of the 2025 revisions: the server sends `elicitation/create` while a call of the client waits,
 * one at a time. A form outlives the call it came with, so that it does not vanish under the person's
 * hands; it is withdrawn when the request is answered elsewhere or expires.
 */

import type { ElicitResult } from '@modelcontextprotocol/server';
import { FORM_MS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import type { Service } from '../service/service.ts';
import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Form } from '../tools/form.ts';
import { formOf } from '../tools/permission-form.ts';
import type { Asker } from './asker.ts';

/** Sends a form on the stream of one call. */
export type SendForm = (
  form: Form,
  options: { readonly timeout: number; readonly signal: AbortSignal },
) => Promise<ElicitResult>;

type PushedFormsDeps = {
  readonly service: Service;
  readonly caller: Caller;
  readonly log: Logger;
  readonly asker: Asker;
};

export class PushedForms {
  readonly #deps: PushedFormsDeps;
  /** Of the calls that wait, the newest last. */
  readonly #ways = new Set<SendForm>();
  /** Sessions whose requests are to be shown, each in its turn. */
  readonly #sessions = new Map<string, Session>();
  #isRunning = false;

  constructor(deps: PushedFormsDeps) {
    this.#deps = deps;
  }

  /** A call has begun that forms may be sent with; returns how to say that it is over. */
  open(way: SendForm): () => void {
    this.#ways.add(way);
    return () => void this.#ways.delete(way);
  }

  /** Whether the person is asked, now or in turn, about what the session waits for. */
  async hold(session: Session): Promise<boolean> {
    if ((await this.#deps.asker.next(session)) === undefined) return false;
    this.#sessions.set(session.id, session);
    void this.#run();
    return true;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (const [id, session] of this.#sessions) {
        this.#sessions.delete(id);
        await this.#showNext(session);
      }
    } catch (error) {
      this.#deps.log.error({ err: error }, 'a form could not be shown');
    } finally {
      this.#sessions.clear();
      this.#isRunning = false;
    }
  }

  async #showNext(session: Session): Promise<void> {
    const { asker, service } = this.#deps;
    const way = [...this.#ways].at(-1);
    const request = await asker.next(session);
    if (request === undefined || way === undefined) return;
    // Behind the others, whose turn is next.
    this.#sessions.set(session.id, session);
    await this.#show(request, session, way);
    service.reader.wake(session.id);
  }

  /** Shows the form until it is sent back, or void. */
  async #show(request: PermissionRequest, session: Session, way: SendForm): Promise<void> {
    const { asker, service, caller, log } = this.#deps;
    const over = new AbortController();
    const shown = new AbortController();
    void service.permissions
      .settled(caller, request, shown.signal)
      .finally(() => over.abort('the request was answered or has expired'));
    try {
      const options = { timeout: FORM_MS_MAX, signal: over.signal };
      await asker.take(request, await way(formOf(request, session), options));
    } catch (error) {
      if (over.signal.aborted) return;
      asker.putAside(request.requestId);
      const kind = error instanceof Error ? error.name : typeof error;
      log.info({ requestId: request.requestId, kind }, 'a form came to nothing');
    } finally {
      shown.abort();
    }
  }
}
