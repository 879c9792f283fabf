/** The program over stdio as a client starts it, and the calls that soaks and measurements make of it. */

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Failure } from '../../src/errors.ts';
import type { EventView, RequestView, SessionView, TurnView } from '../support/mcp-client.ts';
import type { Flags, Place } from './place.ts';

type Results = {
  create_session: { session: SessionView };
  get_session: { session: SessionView };
  send_prompt: { turn: TurnView; after: number };
  read_events: { events: EventView[]; nextAfter: number };
  wait_sessions: { ready: string[] };
  list_permission_requests: { requests: RequestView[] };
  answer_permission_request: { request: RequestView };
  interrupt_session: { session: SessionView; turn?: TurnView };
  fork_session: { session: SessionView };
  end_session: { session: SessionView; ended: boolean };
};

/** A call that was refused, with what a client reads of it. */
export class Refused extends Error {
  readonly failure: Failure;

  constructor(tool: string, failure: Failure) {
    super(`${tool} answered ${failure.code}: ${failure.message}`);
    this.failure = failure;
  }
}

export class SoakClient {
  readonly #client = new Client({ name: 'soak', version: '1.0.0' });
  readonly #transport: StdioClientTransport;
  calls = 0;

  constructor(place: Place, flags?: Flags) {
    this.#transport = new StdioClientTransport({ ...place.server(flags), stderr: 'inherit' });
  }

  async open(): Promise<void> {
    await this.#client.connect(this.#transport);
  }

  /** The server's process id. */
  get pid(): number {
    return this.#transport.pid ?? 0;
  }

  async call<K extends keyof Results>(tool: K, args: Record<string, unknown>): Promise<Results[K]> {
    this.calls += 1;
    const result = await this.#client.callTool({ name: tool, arguments: args });
    if (!result.isError) return result.structuredContent as Results[K];
    const [content] = result.content;
    const text = content?.type === 'text' ? content.text : '{}';
    throw new Refused(tool, (JSON.parse(text) as { error: Failure }).error);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
