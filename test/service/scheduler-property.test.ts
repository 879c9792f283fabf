import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TurnView } from '../support/client/tools.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import type { ScriptedRun } from '../support/scripted-runner.ts';

const MAX_LIVE = 2;
const SESSIONS = 3;

type Step = (play: Play, index: number) => Promise<void> | void;

/** What clients and Claude may do to a session, in any order. */
const STEPS: Readonly<Record<string, (session: number) => Step>> = {
  send: (session) => (play, index) => play.send(session, `${index}`),
  interrupt: (session) => async (play) => {
    await play.client.call('interrupt_session', { sessionId: play.ids[session] });
  },
  finish: (session) => (play) => {
    const run = play.liveRun(session);
    if (run?.turnId !== undefined) run.finish();
  },
  exit: (session) => (play) => play.liveRun(session)?.exit(),
  wake: (session) => (play) => {
    const run = play.liveRun(session);
    if (run?.turnId === undefined) run?.wake();
  },
};

const step = fc.record({
  does: fc.constantFrom('send', 'send', 'send', 'finish', 'finish', 'exit', 'interrupt', 'wake'),
  session: fc.nat({ max: SESSIONS - 1 }),
});

class Play {
  readonly harness: Harness;
  readonly client: TestClient;
  readonly ids: readonly string[];
  readonly sent: string[][] = Array.from({ length: SESSIONS }, () => []);

  constructor(harness: Harness, client: TestClient, ids: readonly string[]) {
    this.harness = harness;
    this.client = client;
    this.ids = ids;
  }

  async send(session: number, prompt: string): Promise<void> {
    this.sent[session]?.push(prompt);
    await this.client.call('send_prompt', { sessionId: this.ids[session], prompt });
  }

  runsOf(session: number): ScriptedRun[] {
    const { runs } = this.harness.runner;
    return runs.filter(({ spec }) => this.ids[session]?.endsWith(spec.uuid));
  }

  liveRun(session: number): ScriptedRun | undefined {
    const live = this.runsOf(session).filter((run) => !run.isClosed);
    expect(live.length).toBeLessThanOrEqual(1);
    return live[0];
  }

  checkBounds(): void {
    const live = this.ids.filter((_, session) => this.liveRun(session) !== undefined);
    expect(live.length).toBeLessThanOrEqual(MAX_LIVE);
  }

  async checkLog(session: number): Promise<void> {
    const args = { sessionId: this.ids[session], limit: 500 };
    const { events } = await this.client.call('read_events', args);
    const ofPrompts = events.filter(({ turn }) => (turn as TurnView)?.origin === 'prompt');
    const idsOf = (type: string) =>
      ofPrompts.filter((event) => event.type === type).map(({ turnId }) => turnId);
    const queued = events.filter(({ type }) => type === 'prompt_queued');
    expect(queued.map(({ prompt }) => prompt)).toEqual(this.sent[session]);
    const turnIds = queued.map(({ turnId }) => turnId);
    expect(idsOf('turn_started')).toEqual(turnIds);
    expect(idsOf('turn_ended')).toEqual(turnIds);
    // One that is interrupted, or whose process goes, just before it is handed over never gets there.
    const reached = this.runsOf(session).flatMap(({ prompts }) => prompts);
    const reachedIds = reached.map(({ turnId }) => turnId);
    expect(reachedIds).toEqual(turnIds.filter((id) => reachedIds.includes(id ?? '')));
  }

  /** Finishes what runs until nothing is left to run. */
  async drain(): Promise<void> {
    for (;;) {
      const args = { sessionIds: this.ids, for: 'all', waitMs: 0 };
      const { ready } = await this.client.call('wait_sessions', args);
      if (ready.length === SESSIONS) return;
      for (const run of this.harness.runner.runs) if (run.turnId !== undefined) run.finish();
      this.checkBounds();
    }
  }
}

async function begin(): Promise<Play> {
  const harness = await startHarness({ settings: { maxLive: MAX_LIVE } });
  const client = await harness.connect();
  const made = Array.from({ length: SESSIONS }, () => client.call('create_session'));
  const ids = (await Promise.all(made)).map(({ session }) => session.id);
  return new Play(harness, client, ids);
}

test('each prompt has one turn that ends, and reaches Claude at most once and in order, in no more processes than allowed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const play = await begin();
      for (const [index, { does, session }] of steps.entries()) {
        await STEPS[does]?.(session)(play, index);
        play.checkBounds();
      }
      await play.drain();
      for (const session of play.ids.keys()) await play.checkLog(session);
      await play.harness.end();
    }),
    { numRuns: 25 },
  );
}, 180_000);
