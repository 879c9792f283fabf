/** The 2026-07-28 revision over HTTP: no session, a server instance for each request, the principal as the caller. */

import type { IncomingMessage } from 'node:http';
import { toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isLegacyRequest,
  type McpHttpHandler,
  type McpRequestContext,
} from '@modelcontextprotocol/server';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import { type Connections, kindOf } from './connections.ts';
import { type Exchange, MCP_PATH } from './http-reply.ts';

type HttpModernOptions = { readonly connections: Connections; readonly log: Logger };

export class HttpModern {
  readonly #handler: McpHttpHandler;
  readonly #onerror: (error: Error) => void;

  constructor({ connections, log }: HttpModernOptions) {
    this.#onerror = (error) => log.debug(kindOf(error), 'MCP message refused');
    this.#handler = createMcpHandler((context) => connections.createServer(callerOf(context)), {
      legacy: 'reject',
      onerror: this.#onerror,
    });
  }

  /** Whether this POST is for `serve`, its refusals included; the others are of the revisions with sessions. */
  async accepts({ request, body }: Exchange): Promise<boolean> {
    // Told apart by the headers and the parsed body, so the Request does without a copy of the body.
    return !(await isLegacyRequest(await toWebRequest(asPost(request), {}), body));
  }

  async serve({ request, response, principal, body }: Exchange): Promise<void> {
    const authInfo = { token: '', clientId: principal, scopes: [] };
    const serve = toNodeHandler(
      { fetch: (web, options) => this.#handler.fetch(web, { ...options, authInfo }) },
      { onerror: this.#onerror },
    );
    await serve(asPost(request), response, body);
  }

  /** Ends what is under way, subscriptions included. */
  async close(): Promise<void> {
    await this.#handler.close();
  }
}

// The adapter's types want both present.
function asPost(request: IncomingMessage): IncomingMessage & { method: string; url: string } {
  return Object.assign(request, { method: 'POST', url: MCP_PATH });
}

function callerOf({ authInfo }: McpRequestContext): Caller {
  if (authInfo === undefined) throw new Error('a request came without its principal');
  return { principal: authInfo.clientId, mcpSessionId: null };
}
