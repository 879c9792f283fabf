/**
 * Resources are data, like tools: what a client reads about one, and a `read` that asks the service. Nothing here
 * knows MCP's wire, the store or Claude Code.
 */

import type { Caller } from '../service/caller.ts';
import type { Service } from '../service/service.ts';
import type { Icon } from '../views/icons.ts';
import type { SessionAddress } from './uris.ts';

export type Read = {
  readonly caller: Caller;
  readonly service: Service;
};

type Shown = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: 'application/json' | 'text/markdown';
  readonly icons: Icon[];
  /** For whom it is meant, and how much it matters, from 0 to 1. */
  readonly annotations: { readonly audience: ('user' | 'assistant')[]; readonly priority: number };
};

/** A resource that every session has. */
export type SessionResource = Shown & {
  /** RFC 6570, with the one variable `id`. */
  readonly uriTemplate: string;
  /** Whether resources/list names it for each session; it can be read in any case. */
  readonly listed: boolean;
  /** @throws SessionNotFoundError, the same for another principal's session as for none */
  read(address: SessionAddress, call: Read): Promise<string>;
};

/** A resource that is there once for each principal. */
export type FixedResource = Shown & {
  readonly uri: string;
  read(call: Read): Promise<string>;
};
