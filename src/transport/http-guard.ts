/**
 * Keeps web pages out. A page in the user's browser can reach a loopback port; what it cannot do is forge `Origin`,
 * or `Host` once its name was rebound to our address. Both are compared whole, port included.
 */

import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './http-reply.ts';

export type GuardOptions = {
  /** The address listened on, and the port. */
  readonly host: string;
  readonly port: number;
  /** Further `Host` values, as clients send them (`mcp.example.com`, `box.lan:7337`). */
  readonly allowedHosts?: readonly string[];
  /** Further `Origin` values (`https://mcp.example.com`). */
  readonly allowedOrigins?: readonly string[];
};

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const DEFAULT_PORT = 80;

type Checked = Pick<IncomingMessage, 'headers' | 'headersDistinct'>;

/**
 * A check that throws HttpRefusal: 403 for a foreign `Host` or `Origin`, 400 for no `Host` or two. No `Origin` is
 * fine: only browsers send one.
 */
export function createGuard(options: GuardOptions): (request: Checked) => void {
  const { host, port, allowedHosts = [], allowedOrigins = [] } = options;
  const loopback = LOOPBACK_NAMES.flatMap((name) => hostValues(name, port));
  const own = [...loopback, ...hostValues(hostInUrl(host), port)];
  const hosts = new Set([...own, ...allowedHosts].map((value) => value.toLowerCase()));
  const origins = new Set([...loopback.map((value) => `http://${value}`), ...allowedOrigins]);
  return ({ headers, headersDistinct }) => {
    if (headersDistinct.host?.length !== 1) {
      throw new HttpRefusal(400, 'exactly one Host header is expected');
    }
    if (!hosts.has(headers.host?.toLowerCase() ?? '')) {
      throw new HttpRefusal(403, 'this server does not answer to that Host header');
    }
    if (headers.origin !== undefined && !origins.has(headers.origin)) {
      throw new HttpRefusal(403, 'this server does not answer web pages of that Origin');
    }
  };
}

/** An address as it stands in a URL: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

// Clients leave the scheme's default port out.
function hostValues(name: string, port: number): string[] {
  return port === DEFAULT_PORT ? [name, `${name}:${port}`] : [`${name}:${port}`];
}
