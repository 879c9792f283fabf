/** Claude Code against the stand-in of the Messages API: through our server, and with the Agent SDK alone. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Options,
  type Query,
  query,
  type SDKUserMessage,
} from '@anthropic-ai/claude-agent-sdk';
import { claudeOptions } from '../src/runner/claude-options.ts';
import { childEnvironment } from '../src/runner/environment.ts';
import { type IsolatedEnvironment, isolatedEnvironment } from '../test/support/claude-env.ts';
import { startMessagesApi } from '../test/support/messages-api.ts';
import type { Place } from './place.ts';
import { RpcProcess } from './rpc.ts';

export const PROMPT = 'Say ok.';
const WAIT_MS = 50_000;

export class ClaudeWorld {
  readonly work: string;
  /** Made as the server makes that of its sessions. */
  readonly #env: Record<string, string>;
  readonly #isolated: IsolatedEnvironment;
  readonly #place: Place;

  private constructor(place: Place, isolated: IsolatedEnvironment) {
    const temporaryDirectory = isolated.env.TMPDIR ?? '';
    this.#place = place;
    this.#isolated = isolated;
    this.#env = childEnvironment(isolated.env, { marker: 'bench-bare', temporaryDirectory });
    this.work = join(realpathSync(isolated.directory), 'work');
    mkdirSync(this.work);
  }

  static async make(place: Place): Promise<ClaudeWorld> {
    const api = await startMessagesApi({ requestsKept: 10 });
    place.defer(() => api.close());
    const isolated = await isolatedEnvironment(api.url);
    place.defer(() => isolated.remove());
    return new ClaudeWorld(place, isolated);
  }

  /** Our server, whose sessions run the real Claude Code. */
  async serve(maxLive: number): Promise<Served> {
    const command = this.#place.ours(this.#place.emptyState(), [
      '--root',
      this.work,
      '--max-live',
      String(maxLive),
    ]);
    const server = new RpcProcess({ ...command, env: this.#isolated.env });
    await server.initialize();
    return new Served(server, this.work);
  }

  /** One live process without us. */
  bare(): Bare {
    return new Bare(this.options({ sessionId: randomUUID() }));
  }

  /** What our server starts Claude Code with. */
  options(conversation: Pick<Options, 'sessionId' | 'resume'>): Options {
    const { directory } = this.#isolated;
    const secretFiles = ['token', 'sessions.db*'].map((name) => join(directory, name));
    return {
      ...claudeOptions({ workingDirectory: this.work }, secretFiles),
      ...conversation,
      env: this.#env,
      canUseTool: async () => ({ behavior: 'deny', message: 'no tools here' }),
    };
  }
}

export class Served {
  readonly #server: RpcProcess;
  readonly #work: string;

  constructor(server: RpcProcess, work: string) {
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

  close(): Promise<void> {
    return this.#server.close();
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
