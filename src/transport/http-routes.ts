/** What is served over HTTP beside MCP: small answers, each at a path of its own. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpRefusal, sendJson } from './http-reply.ts';

export type Route = {
  readonly path: string;
  readonly methods: readonly string[];
  /** Asks for no token. Host and Origin are checked for every route. */
  readonly isPublic: boolean;
  /** What it throws is answered like everything else: an HttpRefusal as it says, a defect with 500. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    /** Whose token it was; undefined on a public route. */
    principal: string | undefined,
  ): void | Promise<void>;
};

export const HEALTH_ROUTE: Route = {
  path: '/healthz',
  methods: ['GET'],
  isPublic: true,
  answer: (_request, response) => sendJson(response, { status: 200, body: { status: 'ok' } }),
};

/** Throws HttpRefusal 405 with what is allowed. */
export function checkMethod({ method = '' }: IncomingMessage, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  const Allow = allowed.join(', ');
  throw new HttpRefusal(405, `only ${Allow} here`, { headers: { Allow } });
}
