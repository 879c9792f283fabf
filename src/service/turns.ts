/** The use cases of a turn: send a prompt, steer, interrupt. */

import { SessionError } from '../errors.ts';
import { LIST_LIMIT_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import { promptKind } from '../runner/prompt-text.ts';
import { decide, type SessionCommand, type SessionState } from '../session/decide.ts';
import type { EventBody, Trace, Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { SessionCursor } from '../store/queries.ts';
import type { Reply, RequestKey, Store } from '../store/store.ts';
import type { Gate } from './access.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './clock.ts';
import type { Presence } from './presence.ts';
import type { Recovery } from './recovery.ts';
import type { Runs } from './runs.ts';
import type { Scheduler } from './scheduler.ts';
import type { Sessions } from './sessions.ts';

export type TurnsDeps = {
  readonly store: Store;
  readonly gate: Gate;
  readonly presence: Presence;
  readonly sessions: Sessions;
  readonly scheduler: Scheduler;
  readonly runs: Runs;
  readonly recovery: Recovery;
  readonly clock: Clock;
  readonly log: Logger;
  /** A UUID v4. */
  readonly newId: () => string;
};

export type NewPrompt = {
  readonly sessionId: string;
  readonly prompt: string;
  readonly mode: 'queue' | 'steer' | 'interrupt';
  readonly key?: RequestKey;
  readonly trace?: Trace;
};

export type Sent = {
  /** The turn that carries the prompt. */
  readonly turn: Turn;
  /** The seq to read on from. */
  readonly after: number;
};

export class Turns {
  readonly #deps: TurnsDeps;

  constructor(deps: TurnsDeps) {
    this.#deps = deps;
  }

  /**
   * Queues a prompt; with `interrupt` it runs next and stops the turn that runs, with `steer` it goes
   * into that turn, or is queued if none runs. A command such as /compact is always a turn of its own.
   */
  async send(caller: Caller, asked: NewPrompt): Promise<Sent> {
    const { gate, scheduler, recovery, newId, clock } = this.#deps;
    const { sessionId, prompt, key, trace } = asked;
    const mode = promptKind(prompt) !== 'text' && asked.mode === 'steer' ? 'queue' : asked.mode;
    const queue: SessionCommand = {
      type: 'queue_prompt',
      turnId: newId(),
      prompt,
      next: mode === 'interrupt',
      ...(trace && { trace }),
    };
    // Stays undefined for a retry: what the first call has done to the turn is not done again.
    let running: string | undefined;
    const write = (state: SessionState): readonly EventBody[] => {
      running = state.openTurns.find((turn) => turn.state === 'running')?.id;
      if (mode !== 'steer' || running === undefined) return decide(state, queue, clock.now());
      return [{ type: 'notice', turnId: running, text: `steered: ${prompt}` }];
    };
    const { reply } = await scheduler.claimWith(sessionId, (claim) =>
      gate.change(caller, sessionId, write, { ...(key && { key }), ...(claim && { claim }) }),
    );
    await recovery.demand(sessionId);
    if (mode === 'interrupt' && running !== undefined) void this.#interruptSoon(sessionId, running);
    if (mode === 'steer' && running !== undefined)
      return this.#steer(caller, asked, running, reply);
    return this.#sent(reply);
  }

  /** Takes a queued prompt back. Throws SessionError CONFLICT where its turn has begun. */
  async cancel(caller: Caller, sessionId: string, turnId: string): Promise<Turn> {
    const { store, sessions } = this.#deps;
    const known = await store.turn((await sessions.get(caller, sessionId)).id, turnId);
    if (known?.state === 'cancelled') return known;
    await sessions.change(caller, sessionId, { type: 'cancel_prompt', turnId });
    const turn = await store.turn(sessionId, turnId);
    if (turn === undefined) throw new Error(`turn ${turnId} is missing in ${sessionId}`);
    return turn;
  }

  /** Takes back every queued prompt of the session. */
  async cancelQueued(caller: Caller, sessionId: string): Promise<void> {
    const { gate, clock } = this.#deps;
    await gate.change(caller, sessionId, (state) =>
      state.openTurns
        .filter((turn) => turn.state === 'queued')
        .flatMap(({ id }) => decide(state, { type: 'cancel_prompt', turnId: id }, clock.now())),
    );
  }

  /** Stops the running turn and waits until it has stopped; without one it changes nothing. */
  async interrupt(caller: Caller, sessionId: string): Promise<{ session: Session; turn?: Turn }> {
    const { store, gate, runs } = this.#deps;
    await gate.changeable(caller, sessionId);
    const turnId = await runs.interrupt(sessionId);
    const turn = turnId === undefined ? undefined : await store.turn(sessionId, turnId);
    return { session: await gate.readable(caller, sessionId), ...(turn && { turn }) };
  }

  /** Does for each session tied to an MCP session that has ended what its `onDisconnect` says. */
  async disconnected(caller: Caller): Promise<void> {
    if (caller.mcpSessionId !== null) this.#deps.presence.leaves(caller.mcpSessionId);
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
    return this.#deps.store.sessions({ principal, mcpSessionId, limit, ...(cursor && { cursor }) });
  }

  async #leave(caller: Caller, { id, status, options }: Session): Promise<void> {
    if (status === 'terminated') return;
    try {
      if (options.onDisconnect === 'interrupt') await this.interrupt(caller, id);
      if (options.onDisconnect === 'end') {
        await this.#deps.sessions.end(caller, id, 'its MCP session ended');
      }
    } catch (error) {
      // Another client has taken it meanwhile.
      if (!(error instanceof SessionError) || error.code !== 'CONFLICT') throw error;
    }
  }

  /** Puts the prompt into the turn; where that has just ended, it becomes a turn of its own. */
  async #steer(caller: Caller, asked: NewPrompt, turnId: string, reply: Reply): Promise<Sent> {
    const { runs } = this.#deps;
    if (await runs.steer(asked.sessionId, turnId, asked.prompt)) return this.#sent(reply);
    const { key: _known, ...again } = asked;
    return this.send(caller, { ...again, mode: 'queue' });
  }

  /** The turn that a prompt was queued as, or went into. */
  async #sent({ sessionId, turnId, after }: Reply): Promise<Sent> {
    const { store } = this.#deps;
    const [event] = turnId === undefined ? await store.events(sessionId, after - 1, 1) : [];
    const steered = event?.type === 'notice' ? event.turnId : undefined;
    const turn = await store.turn(sessionId, turnId ?? steered ?? '');
    if (turn === undefined) throw new Error(`the turn of a prompt is missing in ${sessionId}`);
    return { turn, after };
  }

  async #interruptSoon(sessionId: string, turnId: string): Promise<void> {
    try {
      await this.#deps.runs.interrupt(sessionId, turnId);
    } catch (error) {
      this.#deps.log.warn({ err: error, sessionId }, 'turn could not be interrupted');
    }
  }
}
