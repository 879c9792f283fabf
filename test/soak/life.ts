/** One session's life in a soak: it is made, prompted, waited for and ended, and each step is held to what is promised. */

import { randomUUID } from 'node:crypto';
import { processesWith } from '../demo/processes.ts';
import { type Counts, count } from '../rig/report.ts';
import { type Rig, within } from '../rig/run.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import type {
  Args,
  EventView,
  RequestView,
  Results,
  ToolName,
  TurnView,
} from '../support/client/tools.ts';
import { type Step, script } from '../support/messages-api.ts';

const WAIT_MS = 20_000;
/** A turn that takes longer hangs; a slow machine needs far less. */
const TURN_MS_MAX = 180_000;
const GONE_MS_MAX = 5000;

/** What the sessions of one server have done so far. */
export class Done {
  calls = 0;
  sessions = 0;
  /** By the state in which they ended. */
  readonly turns: Counts = {};
  /** By the message of the error. */
  readonly failures: Counts = {};
  /** By the code of the error. */
  readonly refusals: Counts = {};
  readonly acts: Counts = {};
}

/** A run, one server of it, and what happens there. */
export type Soak = Rig & { readonly client: SdkClient; readonly done: Done };

export class Life {
  readonly directory: string;
  readonly #soak: Soak;
  #id = '';
  #after = 0;

  constructor(soak: Soak, name: string) {
    this.#soak = soak;
    this.directory = soak.place.folder(name);
  }

  get id(): string {
    return this.#id;
  }

  async begin(): Promise<void> {
    const args = { workingDirectory: this.directory, allowedTools: ['Bash'] };
    this.#becomes(await this.#call('create_session', args));
  }

  /** Goes on in a fork of the session, which ends. */
  async fork(): Promise<void> {
    const made = await this.#call('fork_session', { sessionId: this.#id });
    await this.end();
    this.#becomes(made);
  }

  async send(prompt: Step[] | string): Promise<TurnView> {
    const text = typeof prompt === 'string' ? prompt : script(prompt);
    const args = { sessionId: this.#id, prompt: text, idempotencyKey: randomUUID() };
    return (await this.#call('send_prompt', args)).turn;
  }

  /** Sends a prompt, and waits for its end, which must be one of those expected. */
  async turn(steps: Step[], ...expected: TurnView['state'][]): Promise<void> {
    await this.ended(await this.send(steps), ...expected);
  }

  async ended({ id }: TurnView, ...expected: TurnView['state'][]): Promise<void> {
    const { done, violations } = this.#soak;
    const event = await this.#until(
      'turn_end',
      ({ type, turnId }) => turnId === id && (type === 'turn_ended' || type === 'prompt_cancelled'),
    );
    if (event === undefined) {
      violations.push(`turn ${id} of ${this.#id} never ended`);
      return;
    }
    const { state = 'cancelled', error }: Partial<TurnView> = event.turn ?? {};
    count(done.turns, state);
    if (state === 'failed') count(done.failures, withoutIds(error?.message ?? 'no cause'));
    if (expected.includes(state)) return;
    violations.push(`turn ${id} of ${this.#id} is ${state}: ${error?.message}`);
  }

  /** The request for permission that the session waits with. */
  async question(): Promise<RequestView | undefined> {
    await this.#until('attention', ({ type }) => type === 'permission_requested');
    const args = { sessionId: this.#id };
    const [request] = (await this.#call('list_permission_requests', args)).requests;
    if (request === undefined) this.#soak.violations.push(`${this.#id} asked nothing`);
    return request;
  }

  async answer({ requestId }: RequestView, decision: 'allow' | 'deny'): Promise<void> {
    await this.#call('answer_permission_request', { requestId, decision });
  }

  /** Returns the turn that was interrupted. */
  async interrupt(): Promise<TurnView | undefined> {
    // A prompt that still waits for a free process is taken back.
    const args = { sessionId: this.#id, cancelQueued: true };
    return (await this.#call('interrupt_session', args)).turn;
  }

  /** Ends the session, after which none of its processes may live. */
  async end(): Promise<void> {
    await this.#call('end_session', { sessionId: this.#id, reason: 'soak' });
    // In the environment of every process of a session: its folder for temporary files.
    const mark = `/${this.#id.replace('claude_', '').replaceAll('-', '').slice(0, 16)}`;
    let left: readonly string[] = [];
    const isClean = await within(GONE_MS_MAX, async () => {
      left = await processesWith(mark);
      return left.length === 0;
    });
    if (!isClean) this.#soak.violations.push(`${this.#id} left ${left.length} processes`);
  }

  #becomes({ session }: Results['create_session']): void {
    this.#id = session.id;
    this.#after = 0;
    this.#soak.done.sessions += 1;
  }

  #call<K extends ToolName>(tool: K, args: Args): Promise<Results[K]> {
    this.#soak.done.calls += 1;
    return this.#soak.client.call(tool, args);
  }

  async #until(
    until: 'turn_end' | 'attention',
    isMeant: (event: EventView) => boolean,
  ): Promise<EventView | undefined> {
    const deadline = performance.now() + TURN_MS_MAX;
    while (performance.now() < deadline) {
      const args = { sessionId: this.#id, after: this.#after, waitMs: WAIT_MS, until };
      const { events, nextAfter } = await this.#call('read_events', args);
      const found = events.find(isMeant);
      // The next wait begins behind it.
      this.#after = found?.seq ?? nextAfter;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** With ids, every message would be counted by itself. */
function withoutIds(message: string): string {
  return message.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID');
}
