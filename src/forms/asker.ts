/**
 * What both kinds of forms need: which request to ask one client about next, and how an answer is written down. A form
 * that is accepted with a choice or declined answers the request. A form that is canceled, or returned without a choice,
 * leaves it open, and anybody who watches the session may still answer it with the tool.
 */

import { failureOf, SessionError } from '../errors.ts';
import { PENDING_PERMISSIONS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import type { Service } from '../service/service.ts';
import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { FormBoard } from './board.ts';
import { answerOf, type FormReply } from './permission-form.ts';

type AskerDeps = {
  readonly service: Service;
  readonly caller: Caller;
  readonly log: Logger;
  readonly board: FormBoard;
};

/** The permission requests to ask the person behind one client about. */
export class Asker {
  readonly #deps: AskerDeps;

  constructor(deps: AskerDeps) {
    this.#deps = deps;
  }

  /** The oldest open request of a session that this client is to be asked about, or is being asked about now. */
  async next(session: Session): Promise<PermissionRequest | undefined> {
    const { service, caller, board } = this.#deps;
    if (session.pendingPermissions === 0) return;
    const query = { sessionId: session.id, limit: PENDING_PERMISSIONS_MAX };
    const { requests } = await service.permissions.page(caller, query);
    return requests.find(({ requestId }) => board.mayAsk(caller, session, requestId));
  }

  /** See {@link FormBoard.claim}. */
  claim(requestId: string, unanswered: () => void): (() => void) | undefined {
    return this.#deps.board.claim(this.#deps.caller, requestId, unanswered);
  }

  /** Leaves the request to the tools, and to other clients, from now on. */
  putAside(requestId: string): void {
    this.#deps.board.putAside(this.#deps.caller, requestId);
  }

  /** See {@link FormBoard.isSilent}. */
  get isSilent(): boolean {
    return this.#deps.board.isSilent(this.#deps.caller);
  }

  set isSilent(isSilent: boolean) {
    this.#deps.board.setSilent(this.#deps.caller, isSilent);
  }

  /** Like {@link take}, for a request that is known only by its ids. */
  async takeById(sessionId: string, requestId: string, reply: FormReply): Promise<void> {
    const { service, caller } = this.#deps;
    const query = { sessionId, limit: PENDING_PERMISSIONS_MAX };
    const { requests } = await service.permissions.page(caller, query);
    const request = requests.find((open) => open.requestId === requestId);
    if (request !== undefined) await this.take(request, reply);
  }

  /**
   * Answers the request with the person's choice. It counts even if another client of the principal holds the session:
   * the principal was asked. A request that was answered in the meantime stays as it is, and so does one whose answer is
   * refused.
   */
  async take(request: PermissionRequest, reply: FormReply): Promise<void> {
    const { service, caller, log } = this.#deps;
    this.isSilent = false;
    const given = answerOf(request, reply);
    if (given === undefined) return this.putAside(request.requestId);
    try {
      await service.permissions.answer({ ...caller, mcpSessionId: null }, given, 'form');
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      this.putAside(request.requestId);
      log.info({ requestId: request.requestId, ...failureOf(error) }, 'form answer not taken');
    }
  }
}
