/**
 * A form shows a permission request to the person behind a client whose call waits for the session; to which one of
 * several, `board.ts` decides. In the 2025 revisions the server pushes the form (`pushed-forms.ts`); in 2026-07-28 the call ends with the form
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
import type { PermissionRequest } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { Asker } from './asker.ts';
import type { FormBoard } from './board.ts';
import { type Form, styleOf } from './form.ts';
import { permissionForm } from './permission-form.ts';
import { PushedForms } from './pushed-forms.ts';
import { type RoundState, Rounds } from './rounds.ts';

/** What the forms of all callers share; one for the process. */
export type FormsShared = {
  readonly board: FormBoard;
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
  readonly #caller: Caller;
  readonly #deps: FormsDeps;
  readonly #asker: Asker;
  readonly #pushed: PushedForms;

  constructor(server: Server, caller: Caller, deps: FormsDeps) {
    const { service, log, forms } = deps;
    this.#server = server;
    this.#caller = caller;
    this.#deps = deps;
    const asker = new Asker({ service, caller, log, board: forms.board });
    this.#asker = asker;
    this.#pushed = new PushedForms({ service, caller, log, asker, formOf: this.#formOf });
  }

  /** To be called at the begin of a call that can wait; takes the answer that the call brings from its last round. */
  async open(tool: string, context: ServerContext): Promise<Asking> {
    if (!this.#canShow(context)) return { ...NOBODY, signal: context.mcpReq.signal };
    const asking = this.#hasRounds ? await this.#inRounds(tool, context) : this.#byPush(context);
    const { service, forms } = this.#deps;
    const wait = forms.board.enter(this.#caller);
    return {
      ...asking,
      hold: (session) => {
        wait.sees(session.id);
        return asking.hold(session);
      },
      close: () => {
        asking.close();
        // The next client may be asked now.
        for (const id of wait.leave()) service.reader.wake(id);
      },
    };
  }

  #byPush({ mcpReq }: ServerContext): Asking {
    // On the stream of the call: not every client opens another one.
    const related = { relatedRequestId: mcpReq.id };
    const close = this.#pushed.open((form, options) =>
      mcpReq.elicitInput(form, { ...options, ...related }),
    );
    const hold: Watch = (session) => this.#pushed.hold(session);
    return { ...NOBODY, signal: mcpReq.signal, hold, close };
  }

  async #inRounds(tool: string, context: ServerContext): Promise<Asking> {
    const { seal, forms, service } = this.#deps;
    const rounds = new Rounds({
      asker: this.#asker,
      seal,
      tool,
      context,
      newId: forms.newId,
      formOf: this.#formOf,
      unanswered: ({ id }) => service.reader.wake(id),
    });
    await rounds.begin();
    return {
      callId: rounds.callId,
      signal: AbortSignal.any([context.mcpReq.signal, rounds.asked]),
      hold: (session) => rounds.hold(session),
      instead: () => rounds.result(),
      close: () => {},
    };
  }

  readonly #formOf = (request: PermissionRequest, session: Session): Form =>
    permissionForm(request, session, styleOf(this.#revision));

  get #hasRounds(): boolean {
    return this.#revision >= ROUNDS_SINCE;
  }

  get #revision(): string {
    return this.#server.getNegotiatedProtocolVersion() ?? '';
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
