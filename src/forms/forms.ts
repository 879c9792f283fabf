/**
 * A form shows a permission request to the person behind the client that made the session, while a call of that client
 * waits. In the 2025 revisions the server pushes the form (`pushed-forms.ts`); in 2026-07-28 the call ends with the form
 * and comes back with the choice (`rounds.ts`). The first answer counts, from a form or from a tool.
 */

import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  type RequestStateCodec,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import type { Watch } from '../service/reader.ts';
import type { Service } from '../service/service.ts';
import { Asker, type DismissedForms } from './asker.ts';
import { PushedForms } from './pushed-forms.ts';
import { type RoundState, Rounds } from './rounds.ts';

/** What the forms of all callers share; one for the process. */
export type FormsShared = {
  readonly dismissed: DismissedForms;
  /** Seals what clients carry from one round to the next; 32 random bytes. */
  readonly key: Uint8Array;
  readonly newId: () => string;
};

type FormsDeps = {
  readonly service: Service;
  readonly log: Logger;
  readonly forms: FormsShared;
  readonly seal: RequestStateCodec<RoundState>;
};

/** The forms of one call. */
export type Asking = {
  /** Holds the wait while the person is asked about the session. */
  readonly hold: Watch;
  /** Aborts when the client gives the call up, or when the call is to end with a form. */
  readonly signal: AbortSignal;
  /** The same in all rounds of a call; undefined if the call has only one. */
  readonly callId?: string;
  /** What to answer instead of the result, if there is something to ask. */
  instead(): Promise<InputRequiredResult | undefined>;
  /** The call is over. */
  close(): void;
};

const mode = z.looseObject({}).optional();
const capabilities = z.object({ elicitation: z.object({ form: mode, url: mode }).optional() });

/** The first revision without requests from server to client. */
const ROUNDS_SINCE = '2026-07-28';

/** The forms of one client. */
export class Forms {
  readonly #server: Server;
  readonly #deps: FormsDeps;
  readonly #asker: Asker;
  readonly #pushed: PushedForms;

  constructor(server: Server, caller: Caller, deps: FormsDeps) {
    const { service, log, forms } = deps;
    this.#server = server;
    this.#deps = deps;
    this.#asker = new Asker({ service, caller, log, dismissed: forms.dismissed });
    this.#pushed = new PushedForms({ service, caller, log, asker: this.#asker });
  }

  /** To be called at the begin of a call that can wait; takes the answer that the call brings from its last round. */
  async open(tool: string, context: ServerContext): Promise<Asking> {
    if (!this.#canShow(context)) return { ...NOBODY, signal: context.mcpReq.signal };
    return this.#hasRounds ? this.#inRounds(tool, context) : this.#byPush(context);
  }

  #byPush({ mcpReq }: ServerContext): Asking {
    const close = this.#pushed.open((form, options) => mcpReq.elicitInput(form, options));
    const hold: Watch = (session) => this.#pushed.hold(session);
    return { ...NOBODY, signal: mcpReq.signal, hold, close };
  }

  async #inRounds(tool: string, context: ServerContext): Promise<Asking> {
    const { seal, forms } = this.#deps;
    const asker = this.#asker;
    const rounds = new Rounds({ asker, seal, tool, context, newId: forms.newId });
    await rounds.begin();
    return {
      callId: rounds.callId,
      signal: AbortSignal.any([context.mcpReq.signal, rounds.asked]),
      hold: (session) => rounds.hold(session),
      instead: () => rounds.result(),
      close: () => {},
    };
  }

  get #hasRounds(): boolean {
    return (this.#server.getNegotiatedProtocolVersion() ?? '') >= ROUNDS_SINCE;
  }

  #canShow({ mcpReq }: ServerContext): boolean {
    const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
    const declared = this.#hasRounds
      ? capabilities.safeParse(envelope[CLIENT_CAPABILITIES_META_KEY]).data
      : this.#server.getClientCapabilities();
    const elicitation = declared?.elicitation;
    // Older clients declare elicitation without a mode, and mean forms.
    return elicitation !== undefined && (elicitation.form !== undefined || !elicitation.url);
  }
}

/** If no person can be asked. */
const NOBODY = {
  hold: async () => false,
  instead: async () => undefined,
  close: () => {},
};
