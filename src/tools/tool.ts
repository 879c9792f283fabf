/**
 * Tools are data: the texts a model reads, the schemas of input and output, and a `run` that calls the service.
 * Nothing here knows the MCP protocol, the store or Claude Code.
 */

import type { z } from 'zod';
import { SessionError } from '../errors.ts';
import type { Caller } from '../service/caller.ts';
import type { Watch } from '../service/reader.ts';
import type { Service } from '../service/service.ts';
import type { Trace } from '../session/event.ts';
import { wellFormed } from '../text.ts';
import type { Icon } from '../views/icons.ts';
import { invalidArguments, OWN_MESSAGES_ONLY } from './argument-errors.ts';
import { decode } from './decode.ts';

/** What `run` gets besides its arguments. */
export type Call = {
  readonly caller: Caller;
  readonly service: Service;
  /** Aborted when the client cancels the call. */
  readonly signal: AbortSignal;
  /** Called with each session that a call waits for; reports progress and shows forms. */
  readonly watch: Watch;
  /** The `file://` URIs of the directories that the client is open in; none if it does not say. */
  readonly clientRoots: () => Promise<readonly string[]>;
  /** Claude Code's id of the tool use; the same if Claude Code repeats the call. */
  readonly toolUseId?: string;
  /** The same in every round of a call that the client repeats with a person's answers. */
  readonly callId?: string;
  /** The span of the caller's trace that this call belongs to. */
  readonly trace?: Trace;
};

/** MCP's hints to a client, by what a tool does. */
const HINTS = {
  /** Only looks. */
  read: hints({ readOnlyHint: true, idempotentHint: true }),
  /** Adds a fact that is the same when added again. */
  note: hints({ idempotentHint: true }),
  /** Ends or takes back something. */
  stop: hints({ destructiveHint: true, idempotentHint: true }),
  /** Has Claude work. */
  start: hints({ openWorldHint: true }),
  /** Lets Claude do what it asked for, or not. */
  answer: hints({ destructiveHint: true, openWorldHint: true }),
} as const;

type Hint = 'readOnlyHint' | 'destructiveHint' | 'idempotentHint' | 'openWorldHint';

function hints(set: Partial<Record<Hint, boolean>>): Readonly<Record<Hint, boolean>> {
  const none = { readOnlyHint: false, destructiveHint: false, idempotentHint: false };
  return { ...none, openWorldHint: false, ...set };
}

/** The session and the turn that a call is about, for the log. */
export type Subject = { readonly sessionId?: string; readonly turnId?: string };

type Shown = {
  readonly name: string;
  readonly title: string;
  readonly icons: Icon[];
  readonly description: string;
  readonly effect: keyof typeof HINTS;
  /** How much of a reply Claude Code may show, if the caller may ask for more than it takes otherwise. */
  readonly charsShownMax?: number;
};

type ToolSpec<Input extends z.ZodObject, Output extends z.ZodObject> = Shown & {
  readonly input: Input;
  readonly output: Output;
  /** Whether a call with this input waits; then the client gets progress and forms. */
  waits?(input: z.infer<Input>): boolean;
  run(input: z.infer<Input>, call: Call): Promise<z.infer<Output> | Written<z.infer<Output>>>;
  /** What the reply is about; by default the `session` in it. */
  about?(reply: z.infer<Output>): Subject;
};

export type Tool = Shown & {
  readonly hints: Readonly<Record<Hint, boolean>>;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /**
   * Reads arguments as {@link decode} does, with U+FFFD for every half of a character.
   *
   * @throws SessionError INVALID_REQUEST if they do not match the input schema
   */
  prepare(args: unknown): PreparedCall;
};

export type PreparedCall = {
  readonly waits: boolean;
  run(call: Call): Promise<ToolReply>;
};

export type ToolReply = {
  readonly data: Record<string, unknown>;
  /** The data as JSON. */
  readonly json: string;
  readonly about: Subject;
};

/** A reply whose JSON is already there. */
export class Written<Data> {
  readonly data: Data;
  readonly json: string;

  constructor(data: Data, json = JSON.stringify(data)) {
    this.data = data;
    this.json = json;
  }
}

export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  spec: ToolSpec<Input, Output>,
): Tool {
  const { run, waits = () => false, about = aboutSession, ...shown } = spec;
  const input = spec.input.strict();
  return {
    ...shown,
    hints: HINTS[spec.effect],
    input,
    prepare: (raw) => {
      // After JSON text was read: it may hold halves of characters, or a forbidden name, as escapes.
      const args = wellFormed(decode(input, raw ?? {}));
      checkNames(spec.name, args);
      const parsed = input.safeParse(args, OWN_MESSAGES_ONLY);
      if (!parsed.success) {
        throw invalidArguments({ tool: spec.name, input, args, issues: parsed.error.issues });
      }
      const given = parsed.data as z.infer<Input>;
      return {
        waits: waits(given),
        run: async (call) => {
          const reply = await run(given, call);
          const { data, json } = reply instanceof Written ? reply : new Written(reply);
          return { data, json, about: about(data) };
        },
      };
    },
  };
}

/** The arguments may have named the session by its name. */
function aboutSession({ session }: Readonly<Record<string, unknown>>): Subject {
  if (typeof session !== 'object' || session === null || !('id' in session)) return {};
  return typeof session.id === 'string' ? { sessionId: session.id } : {};
}

/** Zod's records drop an entry of this name silently. */
function checkNames(tool: string, args: unknown): void {
  for (const value of Object.values(args ?? {})) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__')) continue;
    throw new SessionError('INVALID_REQUEST', `${tool}: arguments must not use the name __proto__`);
  }
}
