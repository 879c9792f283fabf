/** The use cases of a turn: send, steer, cancel and interrupt prompts, and the end of an MCP session. */

import { errorOf, failureOf, SessionError } from '../errors.ts';
import { LIST_LIMIT_MAX } from '../limits.ts';
import { ORDER_STOPPED_MS } from '../process-limits.ts';
import { promptKind } from '../runner/prompt-text.ts';
import type { Command, Effect, PromptMode } from '../session/command.ts';
import type { Trace, Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { queuedTurn } from '../session/turn.ts';
import { optionsNow } from '../session/update.ts';
import type { SessionCursor } from '../store/queries.ts';
import type { Appended, AppendOptions, Reply, RequestKey } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { Parts } from './core.ts';
import { type GivenParts, withParts } from './prompt-parts.ts';
import type { Scheduler } from './scheduler.ts';

export type TurnsDeps = Pick<
  Parts,
  | 'store'
  | 'gate'
  | 'presence'
  | 'sessions'
  | 'local'
  | 'control'
  | 'recovery'
  | 'waiters'
  | 'attachments'
  | 'schemas'
  | 'log'
  | 'newId'
> & { readonly scheduler: Pick<Scheduler, 'claimWith'> };

export type NewPrompt = GivenParts & {
  readonly sessionId: string;
  readonly prompt: string;
  readonly mode: PromptMode;
  readonly key?: RequestKey;
  readonly trace?: Trace;
};

export type Sent = {
  /** The turn that carries the prompt. */
  readonly turn: Turn;
  /** The seq from which to read on. */
  readonly after: number;
};

export class Turns {
  readonly #deps: TurnsDeps;
  /** The interrupts that `send` has begun. */
  readonly #interrupts = new Set<Promise<void>>();

  constructor(deps: TurnsDeps) {
    this.#deps = deps;
  }

  /**
   * Queues a prompt. With mode `interrupt`, it runs next, and the running turn is stopped. With mode `steer`, it is added
   * to the running turn, or queued if no turn is running. A command such as /compact is always a turn of its own.
   */
  async send(caller: Caller, given: NewPrompt): Promise<Sent> {
    const { prompt, trace, key } = given;
    const sessionId = await this.#deps.gate.idOf(caller, given.sessionId, key);
    const asked = { ...given, sessionId };
    const mode = promptKind(prompt) !== 'text' && asked.mode === 'steer' ? 'queue' : asked.mode;
    const sending: Sending = {
      caller,
      asked,
      command: { type: 'send', mode, turnId: this.#deps.newId(), prompt, trace },
    };
    const sent = await this.#writeFirst(sending);
    const { effect, failure } = sent.reply;
    if (failure !== undefined) throw errorOf(failure);
    if (effect?.kind === 'steer') {
      return sent.isRetry ? this.#whenSteered(asked) : this.#steer(sending, effect);
    }
    // For a retry too: the first call may have failed before this point, and stopping a turn twice does no harm.
    if (effect !== undefined) this.#interruptSoon(asked.sessionId, effect);
    return this.#sentAs(sent);
  }

  /** With what goes to Claude with the prompt, unless it is there already from the first call with the key. */
  async #writeFirst(sending: Sending): Promise<Appended> {
    const { caller, asked, command } = sending;
    const { gate, store } = this.#deps;
    const { key, sessionId } = asked;
    const isRetry = key !== undefined && (await store.reply(key)) !== undefined;
    const given = isRetry
      ? {}
      : { attachments: asked.attachments, outputSchema: asked.outputSchema };
    if (given.attachments?.length) await gate.changeable(caller, sessionId);
    const { mode, prompt } = asked;
    const { turnId } = command;
    return withParts({ ...given, mode, prompt, sessionId, turnId }, this.#deps, (parts) =>
      this.#write({ ...sending, command: { ...command, ...parts } }, { key }),
    );
  }

  async #write(
    { caller, asked, command }: Sending,
    keys: Pick<AppendOptions, 'key' | 'answers'>,
  ): Promise<Appended> {
    const { gate, scheduler, local } = this.#deps;
    const { sessionId } = asked;
    const sent = await scheduler.claimWith(sessionId, (claim) =>
      gate.change(caller, sessionId, command, { ...keys, claim }),
    );
    if (!local.isLive(sessionId)) await this.#demand(sessionId);
    return sent;
  }

  /** Takes the session over if its server is gone. The prompt stays queued and runs later if that fails now. */
  async #demand(sessionId: string): Promise<void> {
    try {
      await this.#deps.recovery.demand(sessionId);
    } catch (error) {
      this.#deps.log.warn({ err: error, sessionId }, 'failed to look for the server of a session');
    }
  }

  /** Adds the prompt to the running turn and records the result. If the turn has just ended, queues the prompt. */
  async #steer(sending: Sending, effect: Effect): Promise<Sent> {
    const { store } = this.#deps;
    const { sessionId, prompt, key } = sending.asked;
    const { turnId } = effect;
    const steering = this.#deps.control.steer(sessionId, turnId, prompt);
    if (await this.#orNotDone(sessionId, effect, steering, key)) {
      const command = { type: 'steered', turnId, prompt } as const;
      return this.#sentAs(await store.append(sessionId, command, { answers: key }));
    }
    const command = { ...sending.command, mode: 'queue' } as const;
    const queueing = this.#write({ ...sending, command }, { answers: key });
    return this.#sentAs(await this.#orNotDone(sessionId, effect, queueing, key));
  }

  /** The result of the first call with this key, once it has finished. */
  async #whenSteered({ sessionId, key }: NewPrompt): Promise<Sent> {
    const { store, waiters } = this.#deps;
    const look = async (): Promise<Reply | undefined> => {
      const reply = key && (await store.reply(key));
      return reply?.effect === undefined ? reply : undefined;
    };
    const { signal } = new AbortController();
    const reply = await waiters.until([sessionId], look, ORDER_STOPPED_MS, signal);
    if (reply?.failure !== undefined) throw errorOf(reply.failure);
    if (reply !== undefined) return this.#sentBefore(reply);
    const message =
      'the first call with this idempotencyKey has not finished; it is not known yet whether Claude got the prompt';
    throw new SessionError('UNAVAILABLE', message, {
      hint: 'read_events shows what Claude is doing; repeat this call to ask again, or send the prompt with a new key.',
      retryable: false,
    });
  }

  /** Cancels a queued prompt. Throws SessionError CONFLICT if its turn has begun. */
  async cancel(caller: Caller, named: string, turnId: string): Promise<Turn> {
    const { store, gate } = this.#deps;
    const { id: sessionId } = await gate.readable(caller, named);
    const known = await store.turn(sessionId, turnId);
    if (known?.state === 'cancelled') return known;
    await gate.change(caller, sessionId, { type: 'cancel_prompt', turnId });
    const turn = await store.turn(sessionId, turnId);
    if (turn === undefined) throw new Error(`turn ${turnId} is missing in ${sessionId}`);
    return turn;
  }

  /**
   * Stops the running turn and waits until it has stopped. Does nothing if no turn is running.
   *
   * @param cancelQueued also cancels every queued prompt of the session, first
   */
  async interrupt(
    caller: Caller,
    named: string,
    { cancelQueued = false } = {},
  ): Promise<{ session: Session; turn?: Turn }> {
    const { store, gate, control } = this.#deps;
    const sessionId = await gate.idOf(caller, named);
    if (cancelQueued) await gate.change(caller, sessionId, { type: 'cancel_prompts' });
    await gate.changeable(caller, sessionId);
    const turnId = await control.interrupt(sessionId);
    const turn = turnId === undefined ? undefined : await store.turn(sessionId, turnId);
    return { session: await gate.readable(caller, sessionId), turn };
  }

  /** Applies `onDisconnect` to each session that is tied to an MCP session that has ended. */
  async disconnected(caller: Caller): Promise<void> {
    if (caller.mcpSessionId !== null) this.#deps.presence.startDisconnect(caller.mcpSessionId);
    let cursor: SessionCursor | undefined;
    do {
      const page = await this.#tiedTo(caller, cursor);
      await Promise.all(page.map((session) => this.#leave(caller, session)));
      const last = page.length === LIST_LIMIT_MAX ? page.at(-1) : undefined;
      cursor = last && { lastActivity: last.lastActivity, id: last.id };
    } while (cursor !== undefined);
  }

  async #tiedTo(caller: Caller, cursor: SessionCursor | undefined): Promise<readonly Session[]> {
    const { principal, mcpSessionId } = caller;
    if (mcpSessionId === null) return [];
    const limit = LIST_LIMIT_MAX;
    return this.#deps.store.sessions({ principal, mcpSessionId, limit, cursor });
  }

  async #leave(caller: Caller, session: Session): Promise<void> {
    const { id, status } = session;
    if (status === 'terminated') return;
    const { onDisconnect } = optionsNow(session);
    try {
      if (onDisconnect === 'interrupt') await this.interrupt(caller, id);
      if (onDisconnect === 'end') {
        await this.#deps.sessions.end(caller, id, 'its MCP session ended');
      }
    } catch (error) {
      // Another client has attached the session meanwhile.
      if (!(error instanceof SessionError) || error.code !== 'CONFLICT') throw error;
    }
  }

  /** The turn as which the prompt was queued, or to which it was added. */
  async #sentAs({ reply, events, claim, isRetry }: Appended): Promise<Sent> {
    const { sessionId, turnId, after } = reply;
    if (typeof claim === 'object' && claim.turn.id === turnId) {
      const { prompt: _prompt, ...turn } = claim.turn;
      return { turn, after };
    }
    const queued = isRetry ? undefined : events.find((event) => event.type === 'prompt_queued');
    return queued ? { turn: queuedTurn(sessionId, queued), after } : this.#sentBefore(reply);
  }

  async #sentBefore({ sessionId, turnId = '', after }: Reply): Promise<Sent> {
    const turn = await this.#deps.store.turn(sessionId, turnId);
    if (turn === undefined) throw new Error(`the turn of a prompt is missing in ${sessionId}`);
    return { turn, after };
  }

  /** Resolves once every turn that `send` was to interrupt has stopped, or has failed to. */
  async settled(): Promise<void> {
    await Promise.all(this.#interrupts);
  }

  #interruptSoon(sessionId: string, effect: Effect): void {
    const interrupting = this.#deps.control.interrupt(sessionId, effect.turnId);
    const noted = this.#orNotDone(sessionId, effect, interrupting).then(
      () => {},
      () => {},
    );
    this.#interrupts.add(noted);
    void noted.then(() => this.#interrupts.delete(noted));
  }

  /** Resolves as `doing`. If that fails, records the failure in the session's log and as the answer to retries. */
  async #orNotDone<T>(
    sessionId: string,
    effect: Effect,
    doing: Promise<T>,
    key?: RequestKey,
  ): Promise<T> {
    try {
      return await doing;
    } catch (error) {
      await this.#notDone(sessionId, effect, error, key);
      throw error;
    }
  }

  async #notDone(
    sessionId: string,
    effect: Effect,
    cause: unknown,
    answers?: RequestKey,
  ): Promise<void> {
    const { store, log } = this.#deps;
    log.warn({ err: cause, sessionId, turnId: effect.turnId }, `failed to ${effect.kind} a turn`);
    try {
      const error = failureOf(cause);
      await store.append(sessionId, { type: 'not_done', effect, error }, { answers });
    } catch (error) {
      log.error({ err: error, sessionId }, 'failed to record that a turn was left unchanged');
    }
  }
}

type Sending = {
  readonly caller: Caller;
  readonly asked: NewPrompt;
  readonly command: Extract<Command, { type: 'send' }>;
};
