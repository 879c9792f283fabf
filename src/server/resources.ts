/** Resources on the wire: the list, the templates, and a read. */

import {
  specTypeSchemas as PARAMS,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server,
} from '@modelcontextprotocol/server';
import { quoteId, SessionNotFoundError } from '../errors.ts';
import { RESOURCE_URI_CHARS_MAX } from '../limits.ts';
import { METRICS, OF_SESSION } from '../resources/index.ts';
import { listResources } from '../resources/list.ts';
import type { ResourceCall } from '../resources/resource.ts';
import { parseSessionUri } from '../resources/uris.ts';
import type { Caller } from '../service/caller.ts';
import type { ServerDeps } from './deps.ts';
import { answering } from './protocol-error.ts';

const TEMPLATES = Object.values(OF_SESSION).map(
  ({ read: _read, listed: _listed, ...shown }) => shown,
);

/** Registers resources/list, resources/templates/list and resources/read for one caller. */
export function serveResources(server: Server, caller: Caller, deps: ServerDeps): void {
  const { service, log } = deps;
  const page = { params: PARAMS.PaginatedRequestParams };
  server.setRequestHandler('resources/templates/list', page, () => ({
    resourceTemplates: TEMPLATES,
  }));
  server.setRequestHandler('resources/list', page, ({ cursor }) =>
    answering(log, () => listResources({ caller, service }, cursor)),
  );
  const params = PARAMS.ReadResourceRequestParams;
  server.setRequestHandler('resources/read', { params }, ({ uri }) =>
    answering(log, async () => ({
      contents: [{ uri, ...(await readResource(uri, { caller, service })) }],
    })),
  );
}

async function readResource(
  uri: string,
  call: ResourceCall,
): Promise<{ readonly mimeType: string; readonly text: string }> {
  checkLength(uri);
  if (uri === METRICS.uri) return { mimeType: METRICS.mimeType, text: await METRICS.read(call) };
  const address = parseSessionUri(uri);
  if (address === undefined) throw notFound(uri);
  const { mimeType, read } = OF_SESSION[address.facet];
  return { mimeType, text: await foundAt(uri, () => read(address, call)) };
}

/** Says that there is no such resource if there is no such session; in the same words for one of another principal. */
export async function foundAt<T>(uri: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof SessionNotFoundError) throw notFound(uri);
    throw error;
  }
}

export function notFound(uri: string): ProtocolError {
  return new ResourceNotFoundError(
    uri.toWellFormed(),
    `no resource ${quoteId(uri)}: resources/list names the ones you can read`,
  );
}

export function checkLength(uri: string): void {
  if (uri.length <= RESOURCE_URI_CHARS_MAX) return;
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `uri: at most ${RESOURCE_URI_CHARS_MAX} characters`,
  );
}
