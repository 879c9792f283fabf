/**
 * Notifications of changes. In the 2025 revisions a server instance keeps what its client watches, and notifies it of
 * that and of the list; in 2026-07-28 the transports keep it, and follow everything that changes for one principal.
 */

import {
  specTypeSchemas as PARAMS,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
} from '@modelcontextprotocol/server';
import { SUBSCRIPTIONS_MAX } from '../limits.ts';
import { METRICS_URI, parseSessionUri, urisOf } from '../resources/uris.ts';
import type { Caller } from '../service/caller.ts';
import type { Change } from '../service/changes.ts';
import type { Service } from '../service/service.ts';
import type { ServerDeps } from './deps.ts';
import { answering } from './protocol-error.ts';
import { checkLength, foundAt, notFound } from './resources.ts';

export type ResourceEvent =
  | { readonly kind: 'list_changed' }
  | { readonly kind: 'updated'; readonly uri: string };

/** Calls back for every resource of the caller's principal that changes, until the returned function is called. */
export function followResources(
  service: Service,
  caller: Caller,
  notify: (event: ResourceEvent) => void,
): () => void {
  return service.changes.follow(caller.principal, ({ sessionIds, listChanged }) => {
    if (listChanged) notify({ kind: 'list_changed' });
    for (const uri of sessionIds.flatMap(urisOf)) notify({ kind: 'updated', uri });
    notify({ kind: 'updated', uri: METRICS_URI });
  });
}

/** Registers resources/subscribe and resources/unsubscribe for one caller; subscriptions end with the connection. */
export function serveSubscriptions(server: Server, caller: Caller, deps: ServerDeps): void {
  const watch = new Watch(server, caller, deps);
  server.oninitialized = () => watch.start();
  server.onclose = () => watch.stop();
  server.setRequestHandler('resources/subscribe', { params: PARAMS.SubscribeRequestParams }, (at) =>
    answering(deps.log, () => watch.add(at.uri)),
  );
  const params = PARAMS.UnsubscribeRequestParams;
  server.setRequestHandler('resources/unsubscribe', { params }, ({ uri }) => watch.remove(uri));
}

/** What one client of the 2025 revisions watches. */
class Watch {
  readonly #server: Server;
  readonly #caller: Caller;
  readonly #deps: ServerDeps;
  /** The session of each address; null for the metrics. */
  readonly #watched = new Map<string, string | null>();
  #stop: (() => void) | undefined;

  constructor(server: Server, caller: Caller, deps: ServerDeps) {
    this.#server = server;
    this.#caller = caller;
    this.#deps = deps;
  }

  start(): void {
    const { principal } = this.#caller;
    this.#stop ??= this.#deps.service.changes.follow(principal, (change) => this.#notify(change));
  }

  stop(): void {
    this.#stop?.();
    this.#watched.clear();
  }

  async add(uri: string): Promise<Record<string, never>> {
    checkLength(uri);
    if (!this.#watched.has(uri) && this.#watched.size >= SUBSCRIPTIONS_MAX) throw tooMany();
    const sessionId = await this.#sessionOf(uri);
    this.start();
    this.#watched.set(uri, sessionId);
    return {};
  }

  remove(uri: string): Record<string, never> {
    this.#watched.delete(uri);
    return {};
  }

  async #sessionOf(uri: string): Promise<string | null> {
    if (uri === METRICS_URI) return null;
    const address = parseSessionUri(uri);
    if (address === undefined) throw notFound(uri);
    const { sessions } = this.#deps.service;
    const session = await foundAt(uri, () => sessions.get(this.#caller, address.sessionId));
    return session.id;
  }

  #notify({ sessionIds, listChanged }: Change): void {
    const changed = new Set(sessionIds);
    if (listChanged) this.#send(this.#server.sendResourceListChanged());
    for (const [uri, sessionId] of this.#watched) {
      if (sessionId !== null && !changed.has(sessionId)) continue;
      this.#send(this.#server.sendResourceUpdated({ uri }));
    }
  }

  #send(sent: Promise<void>): void {
    sent.catch((err: unknown) => this.#deps.log.debug({ err }, 'client could not be notified'));
  }
}

function tooMany(): ProtocolError {
  const text = `LIMIT_EXCEEDED: one MCP session may watch at most ${SUBSCRIPTIONS_MAX} resources: unsubscribe from others`;
  return new ProtocolError(ProtocolErrorCode.InvalidParams, text);
}
