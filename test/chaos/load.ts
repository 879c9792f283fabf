/** Random calls of a seeded generator, and the ledger of what was acknowledged. */

import type { Random } from '../rig/random.ts';
import { type Counts, count } from '../rig/report.ts';
import { PNG_DATA } from '../support/attached.ts';
import type { Results } from '../support/client/tools.ts';
import { promptOf } from './child-runner.ts';
import type { Database } from './database.ts';
import type { ChaosServer } from './fleet.ts';

const TOOLS = {
  create: 'create_session',
  prompt: 'send_prompt',
  link: 'link_task',
  update: 'update_session',
  interrupt: 'interrupt_session',
  cancel: 'cancel_prompt',
  attach: 'attach_session',
  end: 'end_session',
} as const;

type Effect = keyof typeof TOOLS;

/** A call that was answered with a result: what it said must be found afterwards. */
export type Ack = {
  readonly effect: Effect;
  readonly sessionId: string;
  readonly turnId?: string;
  readonly taskId?: string;
  readonly name?: string;
  readonly mcpSessionId?: string | null;
  /** When the answer arrived, in epoch milliseconds. */
  readonly at: number;
};

export type LoadOptions = {
  readonly random: Random;
  readonly database: Database;
  /** How many sessions to keep open. */
  readonly sessions: number;
  /** With this many turns waiting or running, no more are asked for. */
  readonly openTurnsMax: number;
  /** What no caller should see: defects of the server. */
  readonly violations: string[];
};

type Args = {
  readonly sessionId?: string;
  readonly turnId?: string;
  readonly taskId?: string;
  readonly prompt?: string;
  readonly attachments?: typeof PNG_DATA;
  readonly name?: string;
  readonly mode?: string;
};

type Call = { readonly effect: Effect; readonly args: Args };

type Made = Partial<Pick<Results['create_session'], 'session' | 'turn'>>;

const EFFECTS = [
  { effect: 'prompt', weight: 50 },
  { effect: 'link', weight: 15 },
  { effect: 'update', weight: 10 },
  { effect: 'interrupt', weight: 12 },
  { effect: 'cancel', weight: 14 },
  { effect: 'end', weight: 4 },
] as const;

export class Load {
  readonly ledger: Ack[] = [];
  /** Answers that were errors, by code. */
  readonly refusals: Counts = {};
  calls = 0;
  /** How many calls got no answer, because their server died. */
  unanswered = 0;
  readonly #options: LoadOptions;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Makes one random call; if another client holds the session, takes the session over and calls again. */
  async step(server: ChaosServer): Promise<void> {
    const call = this.#next();
    if (call === undefined) return;
    const answer = await this.#call(server, call);
    if (answer?.failure?.code !== 'CONFLICT' || call.effect === 'cancel') return;
    await this.#call(server, { effect: 'attach', args: { sessionId: call.args.sessionId } });
    await this.#call(server, call);
  }

  /** Ends a session, whoever holds it. Returns whether that was acknowledged. */
  async end(server: ChaosServer, sessionId: string): Promise<boolean> {
    await this.#call(server, { effect: 'attach', args: { sessionId } });
    const ended = await this.#call(server, { effect: 'end', args: { sessionId } });
    return ended?.result !== undefined;
  }

  #next(): Call | undefined {
    const { random, database, sessions, openTurnsMax } = this.#options;
    const open = database.openSessions();
    const taskId = `task-${random.between(1, 1_000_000)}`;
    if (open.length < sessions) {
      const prompt = random.chance(0.6) ? this.#work() : {};
      return {
        effect: 'create',
        args: { ...prompt, taskId: random.chance(0.3) ? taskId : undefined },
      };
    }
    const turns = database.openTurns();
    const running = turns.filter(({ state }) => state === 'running');
    // Half of the calls go to a session that is at work: owners meet there.
    const busy = random.chance(0.5) ? random.pick(running)?.sessionId : undefined;
    const sessionId = busy ?? random.pick(open);
    const { effect } = random.weighted(EFFECTS);
    switch (effect) {
      case 'prompt': {
        if (turns.length >= openTurnsMax) return undefined;
        const mode = random.chance(0.2) ? 'interrupt' : 'queue';
        return { effect, args: { sessionId, mode, ...this.#work() } };
      }
      case 'link':
        return { effect, args: { sessionId, taskId } };
      case 'update':
        return { effect, args: { sessionId, name: `name-${random.between(1, 1_000_000)}` } };
      case 'cancel': {
        const turn = random.pick(turns.filter(({ state }) => state === 'queued'));
        return turn && { effect, args: { sessionId: turn.sessionId, turnId: turn.id } };
      }
      case 'interrupt':
      case 'end':
        return { effect, args: { sessionId } };
    }
  }

  /** Some of it comes with a file. */
  #work(): Pick<Args, 'prompt' | 'attachments'> {
    const { random } = this.#options;
    const [steps, stepMs] = [random.between(4, 24), random.between(20, 80)];
    const prompt = promptOf({ steps, stepMs, leaves: random.chance(0.5) });
    return { prompt, attachments: random.chance(0.4) ? PNG_DATA : undefined };
  }

  async #call(server: ChaosServer, { effect, args }: Call) {
    const { violations } = this.#options;
    const tool = TOOLS[effect];
    this.calls += 1;
    try {
      const answer = await server.ask(tool, args);
      if (answer.failure === undefined) {
        const { session, turn } = answer.result as Made;
        this.ledger.push({
          effect,
          sessionId: session?.id ?? args.sessionId ?? '',
          turnId: turn?.id ?? args.turnId,
          taskId: args.taskId,
          name: args.name,
          mcpSessionId: effect === 'attach' ? session?.mcpSessionId : undefined,
          at: Date.now(),
        });
      } else {
        const { code, message } = answer.failure;
        count(this.refusals, code);
        if (code === 'INTERNAL') violations.push(`${tool}: ${message}`);
      }
      return answer;
    } catch (error) {
      this.unanswered += 1;
      // A server that is still alive owes every call an answer.
      if (!server.isKilled && !server.hasEnded) {
        violations.push(`${tool} was not answered: ${String(error)}`);
      }
      return undefined;
    }
  }
}
