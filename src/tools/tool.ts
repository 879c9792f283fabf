/**
 * Tools are data: the texts a model reads, the schemas of input and output, and a `run` that calls the service.
 * Nothing here knows the MCP protocol, the store or Claude Code.
 */

import type { z } from 'zod';
import { quoteId, SessionError } from '../errors.ts';
import type { Caller } from '../service/caller.ts';
import type { Watch } from '../service/reader.ts';
import type { Service } from '../service/service.ts';
import type { Trace } from '../session/event.ts';
import type { Icon } from '../views/icons.ts';

/** What `run` gets besides its arguments. */
export type Call = {
  readonly caller: Caller;
  readonly service: Service;
  /** Aborted when the client cancels the call. */
  readonly signal: AbortSignal;
  /** Called with each session that a call waits for; reports progress and shows forms. */
  readonly watch: Watch;
  /** Claude Code's id of the tool use; the same if Claude Code repeats the call. */
  readonly toolUseId?: string;
  /** The same in every round of a call that the client repeats with a person's answers. */
  readonly callId?: string;
  /** The span of the caller's trace that this call belongs to. */
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
  /**
   * Checks the arguments, then runs the tool.
   *
   * @throws SessionError INVALID_REQUEST if the arguments do not match the input schema
   */
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
    hint: `See the input schema of ${tool} in tools/list.`,
  });
}

/** Says what was expected and at which path, but never repeats the value, which may be secret. */
function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown argument ${issue.keys.slice(0, ISSUES_SHOWN).map(quoteId).join(', ')}`;
  }
  const path = issue.path.map((part) => quoteId(part)).join('.');
  // For an invalid key, only the inner issue says what is wrong.
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  return `${path || 'arguments'}: ${(inner ?? issue).message}`;
}
