/** Prompts on the wire: the list, and one written out. */

import {
  specTypeSchemas as PARAMS,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
} from '@modelcontextprotocol/server';
import { quoteId } from '../errors.ts';
import { PROMPTS } from '../prompts/index.ts';
import type { Prompt } from '../prompts/prompt.ts';
import type { Caller } from '../service/caller.ts';
import { wellFormed } from '../text.ts';
import type { ServerDeps } from './deps.ts';
import { answering } from './protocol-error.ts';

const BY_NAME: ReadonlyMap<string, Prompt> = new Map(
  PROMPTS.map((prompt) => [prompt.name, prompt]),
);

const LISTED = PROMPTS.map(({ name, title, description, icons, arguments: known }) => ({
  name,
  title,
  description,
  icons,
  arguments: Object.entries(known).map(([argument, shown]) => ({
    name: argument,
    title: shown.title,
    description: shown.description,
    required: shown.required ?? false,
  })),
}));

/** Registers prompts/list and prompts/get for one caller. */
export function servePrompts(server: Server, caller: Caller, { service, log }: ServerDeps): void {
  server.setRequestHandler('prompts/list', { params: PARAMS.PaginatedRequestParams }, () => ({
    prompts: LISTED,
  }));
  const params = PARAMS.GetPromptRequestParams;
  server.setRequestHandler('prompts/get', { params }, ({ name, arguments: args = {} }) =>
    answering(log, async () => {
      const prompt = promptNamed(name);
      const text = await prompt.get(wellFormed(args), { caller, service });
      return {
        description: prompt.description,
        messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
      };
    }),
  );
}

/** @throws ProtocolError InvalidParams if there is no prompt of this name */
export function promptNamed(name: string): Prompt {
  const prompt = BY_NAME.get(name);
  if (prompt !== undefined) return prompt;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `unknown prompt ${quoteId(name)}`);
}
