/**
 * Forms of the 2026-07-28 revision: a call that waits ends with `input_required`, and the client calls again with what
 * the person chose. What must not be forged or reused between two rounds is in a sealed state: which request the form
 * was about, and the id that makes the rounds one call. A client gets the form of a request once: if it calls again without an
 * answer, it cannot show forms, or its person did not want to answer, and the call has a result.
 */

import {
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { FORM_ROUNDS_MAX } from '../limits.ts';
import type { Caller } from '../service/caller.ts';
import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Asker } from './asker.ts';
import type { Form } from './form.ts';

const roundState = z.object({
  callId: z.string(),
  tool: z.string(),
  round: z.int(),
  sessionId: z.string(),
  requestId: z.string(),
});

export type RoundState = z.infer<typeof roundState>;

/** The person may take their time: the request that a state is about expires by itself. */
const NO_SECONDS_MAX = 1e12;

/** Seals states for one caller. Nobody else can use them, and only this server can make them. */
export function sealFor(caller: Caller, key: Uint8Array): RequestStateCodec<RoundState> {
  const bound = JSON.stringify([caller.principal, caller.mcpSessionId]);
  return createRequestStateCodec({ key, ttlSeconds: NO_SECONDS_MAX, bind: () => bound });
}

type RoundsDeps = {
  readonly asker: Asker;
  readonly seal: RequestStateCodec<RoundState>;
  readonly tool: string;
  readonly context: ServerContext;
  readonly newId: () => string;
  formOf(request: PermissionRequest, session: Session): Form;
  /** A form was not answered for a while: others may be asked. */
  unanswered(session: Session): void;
};

/** One round of a call. */
export class Rounds {
  /** The same in all rounds of the call. */
  readonly callId: string;
  readonly #deps: RoundsDeps;
  readonly #before: RoundState | undefined;
  readonly #asked = new AbortController();
  #question: { readonly request: PermissionRequest; readonly session: Session } | undefined;

  constructor(deps: RoundsDeps) {
    this.#deps = deps;
    const before = roundState.safeParse(deps.context.mcpReq.requestState()).data;
    if (before?.tool === deps.tool) this.#before = before;
    this.callId = this.#before?.callId ?? deps.newId();
  }

  /** Aborts when the call is to end early, for a form. */
  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /** Takes the answer that the client brought from the last round. */
  async begin(): Promise<void> {
    const { asker, context } = this.#deps;
    const reply = inputResponse(context.mcpReq.inputResponses, FORM);
    if (this.#before === undefined || reply.kind !== 'elicit') return;
    await asker.takeById(this.#before.sessionId, this.#before.requestId, reply);
  }

  /** Ends the call if there is something to ask; never holds the wait. */
  async hold(session: Session): Promise<boolean> {
    const { asker, unanswered } = this.#deps;
    if (this.#question !== undefined || this.#round > FORM_ROUNDS_MAX) return false;
    const request = await asker.next(session);
    // Another session of this wait may have come first.
    if (request === undefined || this.#question !== undefined) return false;
    if (asker.claim(request.requestId, () => unanswered(session)) === undefined) return false;
    asker.putAside(request.requestId);
    this.#question = { request, session };
    this.#asked.abort();
    return false;
  }

  /** What the call answers instead of its result, if there is something to ask. */
  async result(): Promise<InputRequiredResult | undefined> {
    if (this.#question === undefined) return undefined;
    const { seal, tool, context, formOf } = this.#deps;
    const { request, session } = this.#question;
    const { requestId, sessionId } = request;
    const state = { callId: this.callId, tool, round: this.#round, sessionId, requestId };
    return inputRequired({
      inputRequests: { [FORM]: inputRequired.elicit(formOf(request, session)) },
      requestState: await seal.mint(state, context),
    });
  }

  get #round(): number {
    return (this.#before?.round ?? 0) + 1;
  }
}

const FORM = 'permission';
