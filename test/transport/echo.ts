/** A small MCP server that tells its caller who it takes him for, and a record of what the transport told it. */

import { EventEmitter, once } from 'node:events';
import { Server, type ServerCapabilities } from '@modelcontextprotocol/server';
import type { ResourceEvent } from '../../src/server/subscriptions.ts';
import type { Caller } from '../../src/service/caller.ts';
import type { Connections } from '../../src/transport/connections.ts';
import { Changes } from '../support/changes.ts';

export class EchoConnections implements Connections {
  readonly opens: Caller[] = [];
  readonly closes: Caller[] = [];
  readonly servers: Server[] = [];
  /** Who hears of changes at the moment. */
  readonly followers = new Set<{ caller: Caller; notify: (event: ResourceEvent) => void }>();
  /** Calls of the tools `hang` and `last` under way. */
  readonly hanging = new Set<string>();
  /** Ids of the MCP sessions that have nothing under way. */
  readonly absent = new Set<string | null>();
  readonly #changes = new Changes();
  readonly #events = new EventEmitter();
  #failsNext = false;
  readonly #capabilities: ServerCapabilities;

  /** @param capabilities beside tools */
  constructor(capabilities: ServerCapabilities = {}) {
    this.#capabilities = capabilities;
  }

  createServer(caller: Caller, ending: AbortSignal): Server {
    const server = new Server(
      { name: 'echo', version: '1.0.0' },
      { capabilities: { tools: { listChanged: true }, logging: {}, ...this.#capabilities } },
    );
    server.setRequestHandler('tools/list', () => ({
      tools: [
        { name: 'whoami', description: 'names the caller', inputSchema: { type: 'object' } },
        { name: 'hang', description: 'never answers', inputSchema: { type: 'object' } },
        { name: 'wait', description: 'answers when told', inputSchema: { type: 'object' } },
        { name: 'last', description: 'answers at the end', inputSchema: { type: 'object' } },
      ],
    }));
    server.setRequestHandler('tools/call', async ({ params }, context) => {
      const id = String(context.mcpReq.id);
      if (params.name === 'hang') await this.#hang(id, context.mcpReq.signal);
      if (params.name === 'last') await this.#hang(id, ending);
      if (params.name === 'wait') await once(this.#events, 'release');
      const seen = { ...caller, contextSessionId: context.sessionId, echo: params.arguments };
      return { content: [{ type: 'text', text: JSON.stringify(seen) }] };
    });
    this.servers.push(server);
    return server;
  }

  follow(caller: Caller, notify: (event: ResourceEvent) => void): () => void {
    const follower = { caller, notify };
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  opened(caller: Caller): void {
    this.opens.push(caller);
    this.#changes.tell();
  }

  present(caller: Caller): void {
    this.absent.delete(caller.mcpSessionId);
    this.#changes.tell();
  }

  away(caller: Caller): void {
    this.absent.add(caller.mcpSessionId);
    this.#changes.tell();
  }

  closed(caller: Caller): void {
    if (this.#failsNext) {
      this.#failsNext = false;
      throw new Error('the end cannot be reported');
    }
    this.closes.push(caller);
    this.#changes.tell();
  }

  /** The next end of an MCP session throws. */
  failNextClose(): void {
    this.#failsNext = true;
  }

  /** Lets the calls of the tool `wait` answer. */
  release(): void {
    this.#events.emit('release');
  }

  /** Resolves once this holds; looked at whenever something here changed. */
  until(holds: (record: this) => boolean): Promise<void> {
    return this.#changes.until(() => holds(this));
  }

  async #hang(id: string, signal: AbortSignal): Promise<void> {
    this.hanging.add(id);
    this.#changes.tell();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    this.hanging.delete(id);
    this.#changes.tell();
  }
}

export type Seen = {
  principal: string;
  mcpSessionId: string | null;
  contextSessionId?: string;
  echo?: unknown;
};

/** What `whoami` said, from the result of any client. */
export function seenBy(result: unknown): Seen {
  const { content } = result as { content: { text: string }[] };
  return JSON.parse(content[0]?.text ?? '');
}
