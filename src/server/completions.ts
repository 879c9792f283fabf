/** Completion on the wire: session ids in addresses, and the arguments of prompts. */

import {
  type CompleteRequest,
  specTypeSchemas as PARAMS,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
} from '@modelcontextprotocol/server';
import { quoteId } from '../errors.ts';
import { COMPLETION_CHARS_MAX, COMPLETIONS_MAX } from '../limits.ts';
import { OF_SESSION } from '../resources/index.ts';
import type { Caller } from '../service/caller.ts';
import { wellFormed } from '../text.ts';
import type { ServerDeps } from './deps.ts';
import { promptNamed } from './prompts.ts';
import { answering } from './protocol-error.ts';

const TEMPLATES: ReadonlySet<string> = new Set(
  Object.values(OF_SESSION).map(({ uriTemplate }) => uriTemplate),
);

/** Registers completion/complete for one caller. */
export function serveCompletions(
  server: Server,
  caller: Caller,
  { service, log }: ServerDeps,
): void {
  const params = PARAMS.CompleteRequestParams;
  server.setRequestHandler('completion/complete', { params }, (asked) =>
    answering(log, async () => {
      const of = kindOf(asked);
      const prefix = wellFormed(asked.argument.value);
      if (of === undefined || prefix.length > COMPLETION_CHARS_MAX) {
        return { completion: { values: [], hasMore: false } };
      }
      const query = { of, prefix, limit: COMPLETIONS_MAX + 1 };
      const found = await service.reader.complete(caller, query);
      const values = found.slice(0, COMPLETIONS_MAX);
      return { completion: { values, hasMore: found.length > COMPLETIONS_MAX } };
    }),
  );
}

/** Undefined for an argument that cannot be completed, such as free text. */
function kindOf({
  ref,
  argument,
}: CompleteRequest['params']): 'session' | 'task' | 'label' | undefined {
  if (ref.type === 'ref/prompt') {
    const { arguments: known } = promptNamed(ref.name);
    return Object.hasOwn(known, argument.name) ? known[argument.name]?.completes : undefined;
  }
  if (!TEMPLATES.has(ref.uri)) {
    const text = `unknown resource template ${quoteId(ref.uri)}`;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, text);
  }
  return argument.name === 'id' ? 'session' : undefined;
}
