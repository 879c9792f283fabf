/** Permission requests: a run asks, the request is stored, and a caller or the timeout answers it. */

import { isDeepStrictEqual } from 'node:util';
import { quoteId, SessionError } from '../errors.ts';
import type { PermissionAsk, PermissionReply } from '../runner/runner.ts';
import type { AnsweredBy, PermissionRequest } from '../session/event.ts';
import { directoriesOf } from '../session/options.ts';
import { byWhom, type PermissionAnswer } from '../session/permission.ts';
import type { Memory } from '../session/remembered.ts';
import type { ListedRequest, RequestCursor, RequestQuery } from '../store/queries.ts';
import { type GivenAnswer, grantOf, refuseMarks } from './answers.ts';
import type { Caller } from './caller.ts';
import type { Parts } from './core.ts';
import { lossFrom } from './loss.ts';
import type { SessionProcess } from './session-process.ts';

export type PermissionsDeps = Pick<
  Parts,
  'store' | 'gate' | 'waiters' | 'recovery' | 'clock' | 'newId' | 'log'
> & {
  /** How an answer for the rest of the session is remembered; undefined if it can count only once. */
  memoryOf(
    toolName: string,
    input: Readonly<Record<string, unknown>>,
    directories: readonly string[],
  ): Promise<Memory | undefined>;
  /** Milliseconds after which an unanswered request is denied. */
  readonly timeoutMs: number;
};

export type AnswerWay = Exclude<AnsweredBy['via'], 'timeout'>;

export type RequestPage = {
  readonly requests: readonly ListedRequest[];
  /** Where the next page begins, if there is one. */
  readonly next?: RequestCursor;
};

const UNANSWERED_TEXT = 'Nobody answered this permission request in time.';
const VOID: PermissionReply = {
  decision: 'deny',
  message: 'The turn that asked this has ended.',
  isUnanswered: true,
};
const NOT_OFFERED = 'This is asked each time: the request had no rememberAs.';
const CHANGED_TOO_FAR =
  "The changed input is asked for each time: it is outside of the session's directory, protected, or could not be looked at.";

export class Permissions {
  readonly #deps: PermissionsDeps;

  constructor(deps: PermissionsDeps) {
    this.#deps = deps;
  }

  /**
   * Asks the callers; resolves with their answer for Claude, or with a denial that says why there is no answer. If the
   * server stops, the session ends or the store fails, it stays pending until Claude no longer waits, because a made-up
   * answer would let the turn continue. Never rejects.
   */
  async ask(
    live: SessionProcess,
    ask: PermissionAsk,
    signal: AbortSignal,
  ): Promise<PermissionReply> {
    const { clock, newId, timeoutMs, log } = this.#deps;
    const request = {
      requestId: newId(),
      turnId: live.turnId ?? null,
      toolName: ask.toolName,
      input: ask.input,
      description: ask.description,
      memory: ask.memory,
      expiresAt: clock.now() + timeoutMs,
    };
    try {
      await live.command({ type: 'request_permission', request });
      const answered = await this.#answered(live, request.requestId, signal);
      if (answered === undefined) return untilVoid(signal);
      if (answered.state !== 'closed') return replyOf(answered);
      // A background agent may still wait for the answer although the turn has ended.
      return (await this.#continues(live)) ? VOID : untilVoid(signal);
    } catch (error) {
      if (error instanceof SessionError && error.code === 'LIMIT_EXCEEDED') {
        return { decision: 'deny', message: `Nobody could be asked: ${error.message}.` };
      }
      const who = { sessionId: live.id, turnId: live.turnId };
      log.warn({ ...who, err: error }, 'failed to store a permission request, stopping the turn');
      live.giveUp(lossFrom(error));
      return untilVoid(signal);
    }
  }

  /**
   * Returns a page of the pending requests, oldest first; of one session, if its id or name is given.
   *
   * @param fitting how many of the requests there is room for; at least one of them is on the page
   */
  async page(
    caller: Caller,
    query: Omit<RequestQuery, 'principal'>,
    fitting = (requests: readonly ListedRequest[]): number => requests.length,
  ): Promise<RequestPage> {
    const { store, gate } = this.#deps;
    const { sessionId: named, limit } = query;
    const sessionId = named === undefined ? named : (await gate.readable(caller, named)).id;
    const { principal } = caller;
    // One more than is shown, to know whether there is another page.
    const found = await store.requests({ ...query, sessionId, principal, limit: limit + 1 });
    const page = found.slice(0, limit);
    const requests = page.slice(0, Math.max(1, fitting(page)));
    const last = requests.at(-1);
    if (last === undefined || found.length === requests.length) return { requests };
    return { requests, next: { createdAt: last.createdAt, id: last.requestId } };
  }

  /**
   * One request in whatever state.
   *
   * @throws SessionError NOT_FOUND
   */
  async get({ principal }: Caller, requestId: string): Promise<ListedRequest> {
    const [request] = await this.#deps.store.requests({ principal, requestId });
    if (request !== undefined) return request;
    throw new SessionError('NOT_FOUND', `no permission request ${quoteId(requestId)}`, {
      hint: 'list_permission_requests shows what is pending.',
    });
  }

  /**
   * Answers a request; the run that asked reads the answer in the log, whichever server it runs on.
   *
   * @throws SessionError NOT_FOUND, CONFLICT if it is no longer pending, which says who answered it and when, or
   *   INVALID_REQUEST for an input in which our mark stands for a credential, or answers that an MCP server has not asked for
   */
  async answer(caller: Caller, given: GivenAnswer, via: AnswerWay): Promise<ListedRequest> {
    const { gate, recovery } = this.#deps;
    const { requestId, decision, message } = given;
    const request = await this.get(caller, requestId);
    refuseMarks(request, given);
    const grant = grantOf(request, given);
    await recovery.demand(request.sessionId);
    const answer: PermissionAnswer = {
      state: decision === 'allow' ? 'allowed' : 'denied',
      // The operator at the terminal is no principal.
      answeredBy: via === 'terminal' ? { via } : { principal: caller.principal, via },
      message,
      ...(await this.#remembering(caller, request, given)),
      grant,
    };
    const command = { type: 'answer_permission', requestId, answer } as const;
    try {
      await gate.change(caller, request.sessionId, command);
    } catch (error) {
      throw isConflict(error) ? (tooLate(await this.get(caller, requestId)) ?? error) : error;
    }
    return this.get(caller, requestId);
  }

  /** How an answer for the rest of the session is remembered; if the input was changed, by the new input. */
  async #remembering(
    caller: Caller,
    request: PermissionRequest,
    { decision, grant, answers }: GivenAnswer,
  ): Promise<Pick<PermissionAnswer, 'remembered' | 'notRemembered'>> {
    if (decision === 'deny' || grant.remember !== 'session') return {};
    const { toolName, memory } = request;
    const { updatedInput } = grant;
    if (memory === undefined || answers !== undefined) return { notRemembered: NOT_OFFERED };
    if (updatedInput === undefined || isDeepStrictEqual(updatedInput, request.input)) {
      return { remembered: memory };
    }
    const { options } = await this.#deps.gate.readable(caller, request.sessionId);
    const remembered = await this.#deps.memoryOf(toolName, updatedInput, directoriesOf(options));
    return remembered ? { remembered } : { notRemembered: CHANGED_TOO_FAR };
  }

  /** Resolves once a request is no longer pending, whoever answered it, or `signal` aborts. */
  async settled(caller: Caller, request: PermissionRequest, signal: AbortSignal): Promise<void> {
    const { store, waiters, timeoutMs } = this.#deps;
    const look = async (): Promise<true | undefined> => {
      const [now] = await store.requests({
        principal: caller.principal,
        requestId: request.requestId,
      });
      return now?.state === 'pending' ? undefined : true;
    };
    // `expiresAt` may be wrong if the wall clock was set. The server that asked closes the request in time.
    await waiters.until([request.sessionId], look, timeoutMs, signal);
  }

  /** False if the process is or will be ended: the session has ended, or another server has taken it over. */
  async #continues(live: SessionProcess): Promise<boolean> {
    const { store } = this.#deps;
    if (live.isClosing) return false;
    const session = await store.session(live.principal, live.id);
    const [lease] = await store.leases(live.id);
    return session?.status !== 'terminated' && lease?.fence.epoch === live.fence.epoch;
  }

  /**
   * Waits for the answer in the log. After the timeout the request expires; if Claude withdraws it, it is closed. An
   * answer that comes just before that counts.
   */
  async #answered(
    live: SessionProcess,
    requestId: string,
    signal: AbortSignal,
  ): Promise<PermissionRequest | undefined> {
    const { store, waiters, timeoutMs } = this.#deps;
    const look = async (): Promise<PermissionRequest | undefined> => {
      const [request] = await store.requests({ principal: live.principal, requestId });
      return request?.state === 'pending' ? undefined : request;
    };
    const answered = await waiters.until([live.id], look, timeoutMs, signal);
    // The server is stopping, which ends the turn and closes its requests.
    if (answered !== undefined || waiters.isClosed) return answered;
    const answer: PermissionAnswer = signal.aborted
      ? { state: 'closed' }
      : { state: 'expired', message: UNANSWERED_TEXT, answeredBy: { via: 'timeout' } };
    await live.command({ type: 'answer_permission', requestId, answer }).catch(() => {});
    return look();
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof SessionError && error.code === 'CONFLICT';
}

/** Says who was faster, and when. Undefined if the request is pending. */
function tooLate(request: PermissionRequest): SessionError | undefined {
  const { requestId, state, answeredAt } = request;
  if (state === 'pending') return undefined;
  const by = byWhom(request);
  const at = answeredAt === undefined ? '' : ` at ${new Date(answeredAt).toISOString()}`;
  const how = { expired: 'it expired', closed: 'it was closed with its turn' };
  const end =
    state === 'allowed' || state === 'denied' ? `it was ${state}${by && ` ${by}`}` : how[state];
  const message = `permission request ${quoteId(requestId)} is no longer pending: ${end}${at}`;
  return new SessionError('CONFLICT', message, {
    hint: 'list_permission_requests shows the pending ones.',
  });
}

function untilVoid(signal: AbortSignal): Promise<PermissionReply> {
  if (signal.aborted) return Promise.resolve(VOID);
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(VOID), { once: true });
  });
}

function replyOf(request: PermissionRequest): PermissionReply {
  const { state, message, grant, remembered } = request;
  if (state === 'allowed') {
    const { updatedInput } = grant ?? {};
    return { decision: 'allow', updatedInput, remembered: remembered?.rule };
  }
  return {
    decision: 'deny',
    message: message ?? 'The person who watches this session denied it.',
    interrupt: grant?.interrupt,
    isUnanswered: state === 'expired' || undefined,
  };
}
