/** Random calls of a seeded generator, and the ledger of what was acknowledged. */

import { setTimeout as sleep } from 'node:timers/promises';
import { promptOf } from './child-runner.ts';
import type { Database } from './database.ts';
import type { Answer, Connected } from './fleet.ts';
import type { Random } from './random.ts';

export type Effect = 'create' | 'prompt' | 'link' | 'interrupt' | 'cancel' | 'attach' | 'end';

/** A call that was answered with a result: what it said is to be found afterwards. */
export type Ack = {
  readonly effect: Effect;
  readonly sessionId: string;
  readonly turnId?: string;
  readonly taskId?: string;
  readonly mcpSessionId?: string;
  /** When the answer was here, in epoch milliseconds. */
  readonly at: number;
};

export type LoadOptions = {
  readonly random: Random;
  readonly database: Database;
  /** Sessions to keep open. */
  readonly sessions: number;
  /** Turns that may wait or run before no more are asked for. */
  readonly openTurnsMax: number;
  readonly pauseMs: readonly [number, number];
};

type Call = {
  readonly effect: Effect;
  readonly tool: string;
  readonly args: Record<string, unknown>;
};

type Made = {
  readonly session?: { readonly id: string; readonly mcpSessionId: string | null };
  readonly turn?: { readonly id: string };
};

const WEIGHTS: readonly (readonly [Effect, number])[] = [
  ['prompt', 50],
  ['link', 15],
  ['interrupt', 12],
  ['cancel', 14],
  ['end', 4],
];

export class Load {
  readonly ledger: Ack[] = [];
  /** Answers that were errors, by code. */
  readonly failures = new Map<string, number>();
  /** What no caller should see: defects of the server. */
  readonly internal: string[] = [];
  calls = 0;
  /** Calls that got no answer, because their server died. */
  unanswered = 0;
  readonly #options: LoadOptions;
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Calls until {@link stop}, on whichever server `up` gives. */
  async run(up: () => Promise<Connected | undefined>): Promise<void> {
    const { random, pauseMs } = this.#options;
    while (!this.#isOver) {
      const server = await up();
      if (server !== undefined) await this.step(server);
      await sleep(random.between(...pauseMs));
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  /** One random call; where another client holds the session, takes the session over and calls again. */
  async step(server: Connected): Promise<void> {
    const call = this.#next();
    if (call === undefined) return;
    const answer = await this.#call(server, call);
    if (answer?.ok !== false || answer.failure.code !== 'CONFLICT' || call.effect === 'cancel')
      return;
    const { sessionId } = call.args;
    await this.#call(server, { effect: 'attach', tool: 'attach_session', args: { sessionId } });
    await this.#call(server, call);
  }

  /** Ends a session, whoever holds it. Returns whether that was acknowledged. */
  async end(server: Connected, sessionId: string): Promise<boolean> {
    const args = { sessionId };
    await this.#call(server, { effect: 'attach', tool: 'attach_session', args });
    const ended = await this.#call(server, { effect: 'end', tool: 'end_session', args });
    return ended?.ok === true;
  }

  #next(): Call | undefined {
    const { random, database, sessions } = this.#options;
    const open = database.openSessions();
    if (open.length < sessions) return this.#create();
    // Half of the calls go where something runs: that is where owners are met.
    const busy = random.chance(0.5) ? random.pick(database.busySessions()) : undefined;
    const sessionId = busy ?? random.pick(open) ?? '';
    switch (this.#effect()) {
      case 'prompt':
        return this.#prompt(sessionId);
      case 'link': {
        const taskId = `task-${random.between(1, 1_000_000)}`;
        return { effect: 'link', tool: 'link_task', args: { sessionId, taskId } };
      }
      case 'interrupt':
        return { effect: 'interrupt', tool: 'interrupt_session', args: { sessionId } };
      case 'cancel': {
        const turn = random.pick(database.queuedTurns());
        return turn && { effect: 'cancel', tool: 'cancel_prompt', args: turn };
      }
      default:
        return { effect: 'end', tool: 'end_session', args: { sessionId } };
    }
  }

  #effect(): Effect {
    const total = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
    let at = this.#options.random.next() * total;
    for (const [effect, weight] of WEIGHTS) {
      at -= weight;
      if (at < 0) return effect;
    }
    return 'prompt';
  }

  #create(): Call {
    const { random } = this.#options;
    const args = {
      ...(random.chance(0.6) && { prompt: this.#work() }),
      ...(random.chance(0.3) && { taskId: `task-${random.between(1, 1_000_000)}` }),
    };
    return { effect: 'create', tool: 'create_session', args };
  }

  #prompt(sessionId: string): Call | undefined {
    const { random, database, openTurnsMax } = this.#options;
    if (database.openTurns() >= openTurnsMax) return undefined;
    const mode = random.chance(0.2) ? 'interrupt' : 'queue';
    return {
      effect: 'prompt',
      tool: 'send_prompt',
      args: { sessionId, mode, prompt: this.#work() },
    };
  }

  #work(): string {
    const { random } = this.#options;
    return promptOf({
      steps: random.between(4, 24),
      stepMs: random.between(20, 80),
      leaves: random.chance(0.5),
    });
  }

  async #call(server: Connected, call: Call): Promise<Answer | undefined> {
    this.calls += 1;
    try {
      const answer = await server.call(call.tool, call.args);
      if (answer.ok) this.#acknowledged(call, answer.data as Made);
      else this.#refused(call, answer.failure);
      return answer;
    } catch (error) {
      this.unanswered += 1;
      // A server that still lives owes every call an answer.
      if (!server.isKilled && !server.isClosed) {
        this.internal.push(`${call.tool} was not answered: ${String(error)}`);
      }
      return undefined;
    }
  }

  #refused({ tool }: Call, { code, message }: { code: string; message: string }): void {
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
    if (code === 'INTERNAL') this.internal.push(`${tool}: ${message}`);
  }

  #acknowledged({ effect, args }: Call, { session, turn }: Made): void {
    const sessionId = session?.id ?? args.sessionId;
    const turnId = turn?.id ?? args.turnId;
    const { taskId } = args;
    this.ledger.push({
      effect,
      sessionId: String(sessionId),
      at: Date.now(),
      ...(turnId !== undefined && { turnId: String(turnId) }),
      ...(taskId !== undefined && { taskId: String(taskId) }),
      ...(effect === 'attach' && { mcpSessionId: String(session?.mcpSessionId) }),
    });
  }
}
