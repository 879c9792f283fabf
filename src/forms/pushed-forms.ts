/**
 * Forms of the 2025 revisions: the server sends `elicitation/create` while a call of the client waits, one form at a
 * time. A form outlives the call that it was sent with, so that it does not disappear while somebody fills it in. It is
 * withdrawn when the request is answered elsewhere or expires.
 *
 * Some clients declare forms and never show one. So a form holds the waits of its client for FORM_HOLD_MS_MAX; if nobody
 * has answered by then, this client's waits are not held again until somebody does.
 */

import { type ElicitResult, SdkError, SdkErrorCode } from '@modelcontextprotocol/server';
import { FORM_MS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import type { Service } from '../service/service.ts';
import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Asker } from './asker.ts';
import type { Form } from './form.ts';

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
  formOf(request: PermissionRequest, session: Session): Form;
};

export class PushedForms {
  readonly #deps: PushedFormsDeps;
  /** The calls that wait, the newest last. */
  readonly #calls = new Set<SendForm>();
  /** Sessions whose requests are to be shown, in turn. */
  readonly #sessions = new Map<string, Session>();
  #isRunning = false;

  constructor(deps: PushedFormsDeps) {
    this.#deps = deps;
  }

  /** Adds a call that forms can be sent with; call the returned function when it is over. */
  open(send: SendForm): () => void {
    this.#calls.add(send);
    return () => void this.#calls.delete(send);
  }

  /** Shows what the session waits for, now or in turn. Returns whether to wait for the answer. */
  async hold(session: Session): Promise<boolean> {
    if ((await this.#deps.asker.next(session)) === undefined) return false;
    this.#sessions.set(session.id, session);
    void this.#run();
    return !this.#deps.asker.isSilent;
  }

  /** Never rejects: a session whose request cannot be shown lets its waits look again, and the others have their turn. */
  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const { service, log } = this.#deps;
    for (const [id, session] of this.#sessions) {
      this.#sessions.delete(id);
      try {
        await this.#showNext(session);
      } catch (error) {
        log.error({ sessionId: id, err: error }, 'a form could not be shown');
      }
      service.reader.wake(id);
    }
    this.#isRunning = false;
  }

  async #showNext(session: Session): Promise<void> {
    const { asker } = this.#deps;
    const send = [...this.#calls].at(-1);
    const request = await asker.next(session);
    if (request === undefined || send === undefined) return;
    const release = asker.claim(request.requestId, () => this.#unanswered());
    if (release === undefined) return;
    // Behind the others, whose turn is next.
    this.#sessions.set(session.id, session);
    try {
      await this.#show(request, session, send);
    } finally {
      release();
    }
  }

  /** The form stays up, but its client waits no longer, and others may be asked. */
  #unanswered(): void {
    this.#deps.asker.isSilent = true;
    for (const id of this.#sessions.keys()) this.#deps.service.reader.wake(id);
  }

  /** Shows the form until it is returned or withdrawn. */
  async #show(request: PermissionRequest, session: Session, send: SendForm): Promise<void> {
    const { asker, log, formOf } = this.#deps;
    const { requestId } = request;
    const shown = new AbortController();
    const withdrawn = this.#whenSettled(request, shown.signal);
    try {
      const options = { timeout: FORM_MS_MAX, signal: withdrawn };
      await asker.take(request, await send(formOf(request, session), options));
    } catch (error) {
      if (withdrawn.aborted || isCode(error, SdkErrorCode.RequestTimeout)) return;
      if (isCode(error, SdkErrorCode.ConnectionClosed)) return this.#calls.clear();
      asker.putAside(requestId);
      const kind = error instanceof Error ? error.name : typeof error;
      log.info({ requestId, kind }, 'form failed');
    } finally {
      shown.abort();
    }
  }

  /** Aborts when the request is no longer pending. */
  #whenSettled(request: PermissionRequest, until: AbortSignal): AbortSignal {
    const { service, caller, log } = this.#deps;
    const settled = new AbortController();
    service.permissions.settled(caller, request, until).then(
      () => settled.abort('the request was answered or has expired'),
      // The form stays: whoever answers it hears whether the answer counts.
      (err: unknown) =>
        log.warn({ requestId: request.requestId, err }, 'a form cannot be withdrawn'),
    );
    return settled.signal;
  }
}

function isCode(error: unknown, code: SdkErrorCode): boolean {
  return error instanceof SdkError && error.code === code;
}
