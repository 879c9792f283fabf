/**
 * What both kinds of forms need: which request to ask about next, and how an answer is written down. A form that is
 * declined, closed or returned empty leaves the request open, and anybody who watches the session may still answer it
 * with the tool.
 */

import { failureOf, SessionError } from '../errors.ts';
import { FORMS_DISMISSED_MAX, PENDING_PERMISSIONS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import type { Service } from '../service/service.ts';
import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { answerOf } from './permission-form.ts';

/** A form as it came back. */
export type FormReply = {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: unknown;
};

type AskerDeps = {
  readonly service: Service;
  readonly caller: Caller;
  readonly log: Logger;
  readonly dismissed: DismissedForms;
};

/** The permission requests to ask the person behind one client about. */
export class Asker {
  readonly #deps: AskerDeps;

  constructor(deps: AskerDeps) {
    this.#deps = deps;
  }

  /** The oldest open request of a session that is tied to this client, without those whose form was dismissed. */
  async next(session: Session): Promise<PermissionRequest | undefined> {
    const { service, caller, dismissed } = this.#deps;
    if (session.pendingPermissions === 0 || session.mcpSessionId !== caller.mcpSessionId) return;
    const query = { sessionId: session.id, limit: PENDING_PERMISSIONS_MAX };
    const requests = await service.permissions.list(caller, query);
    return requests.find((request) => !dismissed.has(caller, request.requestId));
  }

  /** Leaves the request to the tools from now on. */
  dismiss(requestId: string): void {
    this.#deps.dismissed.add(this.#deps.caller, requestId);
  }

  /** Like {@link take}, for a request that is known only by its ids. */
  async takeById(sessionId: string, requestId: string, reply: FormReply): Promise<void> {
    const { service, caller } = this.#deps;
    const query = { sessionId, limit: PENDING_PERMISSIONS_MAX };
    const requests = await service.permissions.list(caller, query);
    const request = requests.find((open) => open.requestId === requestId);
    if (request !== undefined) await this.take(request, reply);
  }

  /** Answers the request with the person's choice. A request that was answered in the meantime stays as it is. */
  async take(request: PermissionRequest, reply: FormReply): Promise<void> {
    const { service, caller, log } = this.#deps;
    const given = reply.action === 'accept' ? answerOf(request, reply.content) : undefined;
    if (given === undefined) return this.dismiss(request.requestId);
    try {
      await service.permissions.answer(caller, given);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      this.dismiss(request.requestId);
      log.info({ requestId: request.requestId, ...failureOf(error) }, 'form answered too late');
    }
  }
}

/** Requests whose form a person has dismissed, so that nobody is asked twice by the same client. */
export class DismissedForms {
  readonly #keys = new Set<string>();

  add(caller: Caller, requestId: string): void {
    this.#keys.add(keyOf(caller, requestId));
    const [oldest] = this.#keys;
    if (this.#keys.size > FORMS_DISMISSED_MAX && oldest !== undefined) this.#keys.delete(oldest);
  }

  has(caller: Caller, requestId: string): boolean {
    return this.#keys.has(keyOf(caller, requestId));
  }
}

function keyOf({ principal, mcpSessionId }: Caller, requestId: string): string {
  return JSON.stringify([principal, mcpSessionId, requestId]);
}
