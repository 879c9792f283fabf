/** What is served over HTTP in addition to MCP, each at its own path: health, metrics, and OAuth metadata. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { getOAuthProtectedResourceMetadataUrl } from '@modelcontextprotocol/server';
import { HttpRefusal, sendJson, sendText } from './reply.ts';

/** Where MCP is served. */
export const MCP_PATH = '/mcp';

export type Route = {
  readonly path: string;
  readonly methods: readonly string[];
  /** Needs no token. Host and Origin are checked for every route. */
  readonly isPublic: boolean;
  /** A HttpRefusal that it throws is sent; any other error is answered 500. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    /** Undefined on a public route. */
    principal: string | undefined,
  ): void | Promise<void>;
};

/** @throws HttpRefusal 405 with the allowed methods */
export function checkMethod({ method = '' }: IncomingMessage, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  const Allow = allowed.join(', ');
  throw new HttpRefusal(405, `only ${Allow} here`, { headers: { Allow } });
}

export const HEALTH_ROUTE: Route = {
  path: '/healthz',
  methods: ['GET'],
  isPublic: true,
  answer: (_request, response) => sendJson(response, { status: 200, body: { status: 'ok' } }),
};

const METRICS_PATH = '/metrics';

/** The name in the token file whose token reads `/metrics`, and may do nothing else. */
export const SCRAPER = 'metrics';

export type Figures = {
  readonly contentType: string;
  /** The current figures. */
  text(): Promise<string>;
};

/**
 * `/metrics`, for scrapers. The figures count over all principals, so if there are several, no caller's token opens
 * them: a scraper then needs a token of its own. Refuses with 403 any principal that is neither the scraper nor the only
 * one of `principals`.
 */
export function figuresRoute(figures: Figures, principals: () => ReadonlySet<string>): Route {
  return {
    path: METRICS_PATH,
    methods: ['GET'],
    isPublic: false,
    answer: async (_request, response, principal) => {
      if (principal !== SCRAPER && principals().size > 1) {
        const problem = `this server has several principals; use the token of "${SCRAPER}"`;
        throw new HttpRefusal(403, problem);
      }
      const text = await figures.text();
      sendText(response, { status: 200, type: figures.contentType, text });
    },
  };
}

/** @throws HttpRefusal 403 if the principal is the scraper, whose token does not open MCP */
export function checkNoScraper(principal: string): void {
  if (principal !== SCRAPER) return;
  throw new HttpRefusal(403, `the token of "${SCRAPER}" is for ${METRICS_PATH} only`);
}

export type Resource = {
  /** The URL of the MCP endpoint as clients name it. */
  readonly url: string;
  readonly authServers: readonly string[];
};

/**
 * OAuth protected resource metadata (RFC 9728), at both places where clients look: it names the authorization servers
 * that issue tokens. A token is valid if it is in the token file, whoever issued it. Empty without authorization servers.
 */
export function metadataRoutes(resource: Resource): Route[] {
  const { url, authServers } = resource;
  if (authServers.length === 0) return [];
  const body = {
    resource: url,
    authorization_servers: authServers,
    bearer_methods_supported: ['header'],
    resource_name: 'claude-sessions-mcp',
  };
  const paths = [metadataUrl(resource).pathname, '/.well-known/oauth-protected-resource'];
  return paths.map((path) => ({
    path,
    methods: ['GET'],
    isPublic: true,
    answer: (_request, response) => sendJson(response, { status: 200, body }),
  }));
}

/** `WWW-Authenticate` of a 401. */
export function challengeFor(resource: Resource): string {
  if (resource.authServers.length === 0) return 'Bearer';
  return `Bearer resource_metadata="${metadataUrl(resource)}"`;
}

function metadataUrl({ url }: Resource): URL {
  return new URL(getOAuthProtectedResourceMetadataUrl(new URL(url)));
}
