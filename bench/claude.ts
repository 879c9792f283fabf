/** Claude Code against the stand-in of the Messages API: through our server, and with the Agent SDK alone. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  type Options,
  type Query,
  query,
  type SDKUserMessage,
} from '@anthropic-ai/claude-agent-sdk';
import { claudeOptions } from '../src/runner/claude-options.ts';
import { childEnvironment } from '../src/runner/environment.ts';
import { Rules } from '../src/runner/rules.ts';
import { openWorkplace, Server, type Workplace } from '../test/support/client/place.ts';
import type { Place } from './place.ts';

export const PROMPT = 'Say ok.';
const WAIT_MS = 50_000;

export class ClaudeWorld {
  readonly #place: Workplace;

  private constructor(place: Workplace) {
    this.#place = place;
  }

  static async make(bench: Place): Promise<ClaudeWorld> {
    const place = await openWorkplace({ requestsKept: 10 });
    bench.defer(() => place.remove());
    return new ClaudeWorld(place);
  }

  /** Our server, whose sessions run the real Claude Code. */
  async serve(maxLive: number): Promise<Served> {
    const args = ['--max-live', String(maxLive), '--log-level', 'info'];
    const server = new Server(this.#place, { args, keepsOutput: false });
    return new Served(await server.initialize(), this.#place.directory);
  }

  /** One live process without us. */
  bare(): Bare {
    return new Bare(this.options({ sessionId: randomUUID() }));
  }

  /** What our server starts Claude Code with. */
  options(conversation: Pick<Options, 'sessionId' | 'resume'>): Options {
    const { scratch, directory: workingDirectory, env } = this.#place;
    const temporaryDirectory = env.TMPDIR ?? '';
    const secretFiles = ['token', 'sessions.db*'].map((name) => join(scratch, name));
    const options = { workingDirectory };
    const rules = new Rules({ options, keptOut: secretFiles, secrets: [] });
    return {
      ...claudeOptions(options, rules, { excludes: [], servers: [] }),
      ...conversation,
      env: childEnvironment({ ...env }, { marker: 'bench-bare', temporaryDirectory }),
      canUseTool: async () => ({ behavior: 'deny', message: 'no tools here' }),
    };
  }
}

export class Served {
  readonly #server: Server;
  readonly #work: string;

  constructor(server: Server, work: string) {
    this.#server = server;
    this.#work = work;
  }

  /** A new session, once its first turn has ended. */
  async firstTurn(): Promise<string> {
    const { session } = await this.#server.call('create_session', {
      workingDirectory: this.#work,
      prompt: PROMPT,
    });
    const args = { sessionId: session.id, waitMs: WAIT_MS, until: 'turn_end' };
    const read = await this.#server.call('read_events', args);
    if (read.session.turns.completed !== 1)
      throw new Error(`the turn failed: ${JSON.stringify(read)}`);
    return session.id;
  }

  async turn(sessionId: string): Promise<void> {
    const args = { sessionId, prompt: PROMPT, waitMs: WAIT_MS };
    const { turn } = await this.#server.call('send_prompt', args);
    if (turn.state !== 'completed') throw new Error(`the turn failed: ${JSON.stringify(turn)}`);
  }

  async end(sessionId: string): Promise<void> {
    await this.#server.call('end_session', { sessionId });
  }

  async close(): Promise<void> {
    await this.#server.program.leave();
  }
}

/** The Agent SDK with a stream of prompts into one process. */
export class Bare {
  readonly #query: Query;
  #next: (message: SDKUserMessage | undefined) => void = () => {};

  constructor(options: Options) {
    this.#query = query({ prompt: this.#prompts(), options });
  }

  async turn(): Promise<void> {
    const message = { role: 'user', content: PROMPT } as const;
    // Asked for before the prompt, which is what starts the process in the first turn.
    const ended = untilResult(this.#query);
    this.#next({ type: 'user', message, parent_tool_use_id: null });
    await ended;
  }

  async close(): Promise<void> {
    this.#next(undefined);
    for await (const _ of this.#query);
  }

  async *#prompts(): AsyncGenerator<SDKUserMessage> {
    for (;;) {
      const message = await new Promise<SDKUserMessage | undefined>((resolve) => {
        this.#next = resolve;
      });
      if (message === undefined) return;
      yield message;
    }
  }
}

/** A process for one prompt, as most programs do it: it resumes the conversation and ends after the turn. */
export async function turnInOwnProcess(options: Options): Promise<void> {
  for await (const message of query({ prompt: PROMPT, options })) {
    if (message.type === 'result' && message.is_error) throw new Error('the turn failed');
  }
}

/** Reads on, without closing the stream as a loop would. */
async function untilResult(messages: Query): Promise<void> {
  for (;;) {
    const { value, done } = await messages.next();
    if (done) throw new Error('Claude Code ended before the turn did');
    if (value.type !== 'result') continue;
    if (value.is_error) throw new Error('the turn failed');
    return;
  }
}
