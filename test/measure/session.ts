/** One session of the program, whose turns are measured. */

import { SoakClient } from '../soak/client.ts';
import type { Flags, Place } from '../soak/place.ts';
import type { TurnView } from '../support/mcp-client.ts';
import { type Step, script } from '../support/messages-api.ts';

const WAIT_MS = 50_000;

export class MeasuredSession {
  readonly place: Place;
  readonly client: SoakClient;
  readonly #id: string;

  private constructor(place: Place, client: SoakClient, id: string) {
    this.place = place;
    this.client = client;
    this.#id = id;
  }

  static async open(place: Place, flags: Flags): Promise<MeasuredSession> {
    const client = new SoakClient(place, flags);
    await client.open();
    const { session } = await client.call('create_session', {
      workingDirectory: place.folder('measured'),
      allowedTools: ['Bash'],
    });
    return new MeasuredSession(place, client, session.id);
  }

  async send(prompt: Step[] | string): Promise<TurnView> {
    const text = typeof prompt === 'string' ? prompt : script(prompt);
    const sent = await this.client.call('send_prompt', { sessionId: this.#id, prompt: text });
    return sent.turn;
  }

  /** Runs a turn to its end, which must be a good one. */
  async turn(prompt: Step[] | string): Promise<void> {
    await this.send(prompt);
    const args = { sessionIds: [this.#id], until: 'turn_end', waitMs: WAIT_MS };
    while ((await this.client.call('wait_sessions', args)).ready.length === 0);
    const { session } = await this.client.call('get_session', { sessionId: this.#id });
    if (session.turns.failed > 0) throw new Error(`a turn failed: ${JSON.stringify(session)}`);
  }

  /** Milliseconds from the call to its answer; the turn must have been interrupted. */
  async interrupt(): Promise<number> {
    const from = performance.now();
    const { turn } = await this.client.call('interrupt_session', { sessionId: this.#id });
    if (turn?.state !== 'interrupted') throw new Error(`the turn is ${turn?.state}`);
    return performance.now() - from;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.place.close(false);
  }
}
