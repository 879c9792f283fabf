/** What goes on around a call that waits: progress for the client, forms for the person behind it. */

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
import { type Aside, Asker } from './asker.ts';
import { Progress } from './progress.ts';
import { PushedForms } from './pushed-forms.ts';
import { type RoundState, Rounds } from './rounds.ts';

type Seal = RequestStateCodec<RoundState>;

/** What the forms of all callers share; one for the process. */
export type FormsShared = {
  readonly aside: Aside;
  /** Seals what goes out to clients between two rounds; 32 random bytes. */
  readonly key: Uint8Array;
  readonly newId: () => string;
};

export type WaitingsDeps = {
  readonly service: Service;
  readonly log: Logger;
  readonly forms: FormsShared;
  readonly ending: AbortSignal;
};

/** One call's. */
export type Waiting = {
  readonly watch: Watch;
  /** Aborts when the client gives the call up, or the wait is to end for a form or with the connection. */
  readonly signal: AbortSignal;
  readonly callId?: string;
  /** What is answered instead of the result. */
  instead(): Promise<InputRequiredResult | undefined>;
  /** The call is over: nothing more is sent with it. */
  close(): void;
};

const mode = z.looseObject({}).optional();
const capabilities = z.object({ elicitation: z.object({ form: mode, url: mode }).optional() });

/** The first revision without requests from server to client. */
const ROUNDS_SINCE = '2026-07-28';

export class Waitings {
  readonly #server: Server;
  readonly #service: Service;
  readonly #forms: FormsShared;
  readonly #seal: Seal;
  readonly #asker: Asker;
  readonly #pushed: PushedForms;
  readonly #ending: AbortSignal;

  constructor(server: Server, caller: Caller, deps: WaitingsDeps & { readonly seal: Seal }) {
    const { service, log, forms, seal, ending } = deps;
    this.#ending = ending;
    this.#server = server;
    this.#service = service;
    this.#forms = forms;
    this.#seal = seal;
    this.#asker = new Asker({ service, caller, log, aside: forms.aside });
    this.#pushed = new PushedForms({ service, caller, log, asker: this.#asker });
  }

  /** Gets ready for a call of a tool that can wait. */
  async open(tool: string, context: ServerContext): Promise<Waiting> {
    const progress = this.#progress(context);
    const asking = await this.#asking(tool, context);
    return {
      ...asking,
      signal: AbortSignal.any([asking.signal, this.#ending]),
      watch: async (session) => {
        await progress?.watch(session);
        // A form that is sent now could not be answered any more.
        return !this.#ending.aborted && asking.hold(session);
      },
      close: () => {
        progress?.close();
        asking.close();
      },
    };
  }

  #progress({ mcpReq }: ServerContext): Progress | undefined {
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken === undefined) return undefined;
    return new Progress({
      reader: this.#service.reader,
      send: (note) => {
        const params = { progressToken, ...note };
        // The client may be gone; its call ends by itself.
        mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
      },
    });
  }

  async #asking(tool: string, context: ServerContext): Promise<Asking> {
    const { signal } = context.mcpReq;
    if (!this.#showsForms(context)) return { ...NOBODY, signal };
    return this.#hasRounds ? this.#inRounds(tool, context) : this.#byPush(context);
  }

  #byPush({ mcpReq }: ServerContext): Asking {
    const close = this.#pushed.open((form, options) => mcpReq.elicitInput(form, options));
    const hold: Watch = (session) => this.#pushed.hold(session);
    return { ...NOBODY, signal: mcpReq.signal, hold, close };
  }

  async #inRounds(tool: string, context: ServerContext): Promise<Asking> {
    const { newId } = this.#forms;
    const asker = this.#asker;
    const rounds = new Rounds({ asker, seal: this.#seal, tool, context, newId });
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

  #showsForms({ mcpReq }: ServerContext): boolean {
    const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
    const declared = this.#hasRounds
      ? capabilities.safeParse(envelope[CLIENT_CAPABILITIES_META_KEY]).data
      : this.#server.getClientCapabilities();
    const elicitation = declared?.elicitation;
    // Older clients say that they can elicit without saying how: by forms.
    return elicitation !== undefined && (elicitation.form !== undefined || !elicitation.url);
  }
}

type Asking = Omit<Waiting, 'watch'> & { readonly hold: Watch };

/** Where no person can be asked. */
const NOBODY = {
  hold: async () => false,
  instead: async () => undefined,
  close: () => {},
};
