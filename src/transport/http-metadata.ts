/**
 * OAuth protected resource metadata (RFC 9728): tells a client which authorization server issues tokens for us. Only
 * that: a token is good here when it stands in the token file, whoever issued it.
 */

import { MCP_PATH, sendJson } from './http-reply.ts';
import type { Route } from './http-routes.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

export type Resource = {
  /** The URL of the MCP endpoint as clients name it. */
  readonly url: string;
  readonly authServers: readonly string[];
};

/** The document, at the two places where clients look; none without an authorization server. */
export function metadataRoutes({ url, authServers }: Resource): Route[] {
  if (authServers.length === 0) return [];
  const body = {
    resource: url,
    authorization_servers: authServers,
    bearer_methods_supported: ['header'],
    resource_name: 'claude-sessions-mcp',
  };
  return [WELL_KNOWN + MCP_PATH, WELL_KNOWN].map((path) => ({
    path,
    methods: ['GET'],
    isPublic: true,
    answer: (_request, response) => sendJson(response, { status: 200, body }),
  }));
}

/** What a 401 says in `WWW-Authenticate`. */
export function challengeFor({ url, authServers }: Resource): string {
  if (authServers.length === 0) return 'Bearer';
  return `Bearer resource_metadata="${new URL(WELL_KNOWN + MCP_PATH, url)}"`;
}
