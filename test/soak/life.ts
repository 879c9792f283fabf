/** One session's life in a soak: it is made, prompted, waited for and ended, and each step is held to what is promised. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../demo/processes.ts';
import type { EventView, RequestView, TurnView } from '../support/mcp-client.ts';
import { type Step, script } from '../support/messages-api.ts';
import type { SoakClient } from './client.ts';
import type { Ledger } from './ledger.ts';
import type { Place } from './place.ts';

const WAIT_MS = 20_000;
/** Past this a turn is held to hang; what a slow machine takes is far below. */
const TURN_MS_MAX = 180_000;
const GONE_MS_MAX = 5000;

export type Soak = {
  readonly client: SoakClient;
  readonly place: Place;
  readonly ledger: Ledger;
};

export class Life {
  readonly #soak: Soak;
  readonly directory: string;
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
    const { client, ledger } = this.#soak;
    const { session } = await client.call('create_session', {
      workingDirectory: this.directory,
      allowedTools: ['Bash'],
    });
    this.#id = session.id;
    this.#after = 0;
    ledger.sessions += 1;
  }

  /** Goes on in a fork of the session, which ends. */
  async fork(): Promise<void> {
    const { client, ledger } = this.#soak;
    const { session } = await client.call('fork_session', { sessionId: this.#id });
    await this.end();
    this.#id = session.id;
    this.#after = 0;
    ledger.sessions += 1;
  }

  async send(steps: Step[]): Promise<TurnView> {
    const { turn } = await this.#soak.client.call('send_prompt', {
      sessionId: this.#id,
      prompt: script(steps),
      idempotencyKey: randomUUID(),
    });
    return turn;
  }

  /** Sends a prompt, and waits for its end, which must be one of those expected. */
  async turn(steps: Step[], ...expected: TurnView['state'][]): Promise<void> {
    await this.ended(await this.send(steps), ...expected);
  }

  async ended({ id }: TurnView, ...expected: TurnView['state'][]): Promise<void> {
    const { ledger } = this.#soak;
    const event = await this.#until(
      'turn_end',
      ({ type, turnId }) => turnId === id && (type === 'turn_ended' || type === 'prompt_cancelled'),
    );
    if (event === undefined) {
      ledger.violation(`turn ${id} of ${this.#id} never ended`);
      return;
    }
    const turn = event.turn as TurnView | undefined;
    ledger.turn(turn ?? { state: 'cancelled' });
    if (expected.includes(turn?.state ?? 'cancelled')) return;
    ledger.violation(`turn ${id} of ${this.#id} is ${turn?.state}: ${turn?.error?.message}`);
  }

  /** The request for permission that the session waits with. */
  async question(): Promise<RequestView | undefined> {
    await this.#until('attention', ({ type }) => type === 'permission_requested');
    const sessionId = this.#id;
    const { requests } = await this.#soak.client.call('list_permission_requests', { sessionId });
    if (requests[0] === undefined) this.#soak.ledger.violation(`${this.#id} asked nothing`);
    return requests[0];
  }

  async answer({ requestId }: RequestView, decision: 'allow' | 'deny'): Promise<void> {
    await this.#soak.client.call('answer_permission_request', { requestId, decision });
  }

  async interrupt(): Promise<void> {
    // One that still waits for a place has nothing to be interrupted.
    const args = { sessionId: this.#id, cancelQueued: true };
    await this.#soak.client.call('interrupt_session', args);
  }

  /** Ends the session, after which none of its processes may live. */
  async end(): Promise<void> {
    const { client, ledger } = this.#soak;
    await client.call('end_session', { sessionId: this.#id, reason: 'soak' });
    // In the environment of every process of a session: its folder for temporary files.
    const mark = `/${this.#id.replace('claude_', '').replaceAll('-', '').slice(0, 16)}`;
    const until = performance.now() + GONE_MS_MAX;
    let left = await processesWith(mark);
    while (left.length > 0 && performance.now() < until) {
      await sleep(100);
      left = await processesWith(mark);
    }
    if (left.length > 0) ledger.violation(`${this.#id} left ${left.length} processes`);
  }

  async #until(
    until: 'turn_end' | 'attention',
    isMeant: (event: EventView) => boolean,
  ): Promise<EventView | undefined> {
    const deadline = performance.now() + TURN_MS_MAX;
    while (performance.now() < deadline) {
      const { events, nextAfter } = await this.#soak.client.call('read_events', {
        sessionId: this.#id,
        after: this.#after,
        waitMs: WAIT_MS,
        until,
      });
      const found = events.find(isMeant);
      // What comes after it is looked at again by the next one who waits.
      this.#after = found?.seq ?? nextAfter;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
