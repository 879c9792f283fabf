/**
 * Resources are data, like tools: a description for the client, and a `read` that asks the service. Nothing here knows
 * the wire of MCP, the store or Claude Code.
 */

import type { Caller } from '../service/caller.ts';
import type { Service } from '../service/service.ts';
import type { Icon } from '../views/icons.ts';
import type { SessionAddress } from './uris.ts';

export type ResourceCall = {
  readonly caller: Caller;
  readonly service: Service;
};

type ResourceBase = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: 'application/json' | 'text/markdown';
  readonly icons: Icon[];
  /** The intended readers, and a priority from 0 to 1. */
  readonly annotations: { readonly audience: ('user' | 'assistant')[]; readonly priority: number };
};

/** A resource that every session has. */
export type SessionResource = ResourceBase & {
  /** RFC 6570, with the one variable `id`. */
  readonly uriTemplate: string;
  /** Whether resources/list names it for each session; it can be read in any case. */
  readonly listed: boolean;
  /** @throws SessionNotFoundError if there is no such session, or it belongs to another principal */
  read(address: SessionAddress, call: ResourceCall): Promise<string>;
};

/** A resource that exists once for each principal. */
export type FixedResource = ResourceBase & {
  readonly uri: string;
  read(call: ResourceCall): Promise<string>;
};
