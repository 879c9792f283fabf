/**
 * Tools are data: what a model reads about a tool, the shape of what goes in and out, and a `run` that
 * calls the service. Nothing here knows MCP's wire, the store or Claude Code.
 */

import type { z } from 'zod';
import { quoteId, SessionError } from '../errors.ts';
import type { Caller } from '../service/caller.ts';
import type { Watch } from '../service/reader.ts';
import type { Service } from '../service/service.ts';
import type { Trace } from '../session/event.ts';
import type { Icon } from '../views/icons.ts';

/** What a run may use besides its arguments. */
export type Call = {
  readonly caller: Caller;
  readonly service: Service;
  /** Aborts when the client gives the call up. */
  readonly signal: AbortSignal;
  /** Sees the sessions that a waiting call waits for. */
  readonly watch: Watch;
  /** The id that Claude Code gives a tool use; the same for a repeated call. */
  readonly toolUseId?: string;
  /** One for all rounds of a call that comes back with what a person was asked meanwhile. */
  readonly callId?: string;
  /** The span of the caller's trace that the call is part of. */
  readonly trace?: Trace;
};

export type ToolHints = {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
};

type ToolSpec<Input extends z.ZodObject, Output extends z.ZodObject> = {
  readonly name: string;
  readonly title: string;
  readonly icons: Icon[];
  readonly description: string;
  readonly hints: ToolHints;
  readonly input: Input;
  readonly output: Output;
  run(input: z.infer<Input>, call: Call): Promise<z.infer<Output>>;
};

export type Tool = {
  readonly name: string;
  readonly title: string;
  readonly icons: Icon[];
  readonly description: string;
  readonly hints: ToolHints;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** Checks the arguments and runs. Throws SessionError INVALID_REQUEST for arguments that do not fit. */
  call(args: unknown, call: Call): Promise<Record<string, unknown>>;
};

export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  spec: ToolSpec<Input, Output>,
): Tool {
  const { run, ...shown } = spec;
  const input = spec.input.strict();
  return {
    ...shown,
    input,
    call: async (args, call) => {
      const parsed = input.safeParse(args ?? {});
      if (!parsed.success) throw invalidArguments(spec.name, parsed.error);
      return run(parsed.data as z.infer<Input>, call);
    },
  };
}

const ISSUES_SHOWN = 3;

function invalidArguments(tool: string, error: z.ZodError): SessionError {
  const shown = error.issues.slice(0, ISSUES_SHOWN).map(issueText);
  const more = error.issues.length - shown.length;
  const rest = more > 0 ? `; and ${more} more` : '';
  return new SessionError('INVALID_REQUEST', `${tool}: ${shown.join('; ')}${rest}`, {
    hint: `tools/list has the input schema of ${tool}.`,
  });
}

/** What was expected, in zod's words, and where; never the value that came. */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown argument ${issue.keys.slice(0, ISSUES_SHOWN).map(quoteId).join(', ')}`;
  }
  const path = issue.path.map((part) => quoteId(part)).join('.');
  // Of a key, zod says only that it is invalid; what is wrong with it is said inside.
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  return `${path || 'arguments'}: ${(inner ?? issue).message}`;
}
