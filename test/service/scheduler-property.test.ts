import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Settings } from '../../src/config.ts';
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
  steer: (session) => (play, index) => play.send(session, `${index}`, 'steer'),
  end: (session) => async (play) => {
    play.ended.add(session);
    await play.client.call('end_session', { sessionId: play.ids[session] });
  },
  wake: (session) => (play) => {
    const run = play.liveRun(session);
    if (run?.turnId === undefined) run?.wake();
  },
};

const step = fc.record({
  does: fc.constantFrom('send', 'send', 'send', 'finish', 'finish', ...Object.keys(STEPS)),
  session: fc.nat({ max: SESSIONS - 1 }),
});

class Play {
  readonly harness: Harness;
  readonly client: TestClient;
  readonly ids: readonly string[];
  readonly sent: string[][] = Array.from({ length: SESSIONS }, () => []);
  readonly ended = new Set<number>();

  constructor(harness: Harness, client: TestClient, ids: readonly string[]) {
    this.harness = harness;
    this.client = client;
    this.ids = ids;
  }

  async send(session: number, prompt: string, mode = 'queue'): Promise<void> {
    const args = { sessionId: this.ids[session], prompt, mode };
    if (this.ended.has(session)) {
      expect(await this.client.refusal('send_prompt', args)).toMatchObject({
        code: 'SESSION_NOT_READY',
      });
      return;
    }
    this.sent[session]?.push(prompt);
    await this.client.call('send_prompt', args);
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
    const prompts = queued.map(({ prompt }) => prompt);
    const steered = this.runsOf(session).flatMap((run) => run.steered);
    const sent = this.sent[session] ?? [];
    expect([...prompts, ...steered].toSorted()).toEqual(sent.toSorted());
    expect(prompts).toEqual(sent.filter((prompt) => prompts.includes(prompt)));
    const cancelled = events.filter(({ type }) => type === 'prompt_cancelled');
    if (!this.ended.has(session)) expect(cancelled).toEqual([]);
    // One that was taken back by the end of its session may have been started, but not have reached Claude.
    const isKept = (id: unknown) => !cancelled.some(({ turnId }) => turnId === id);
    const turnIds = queued.map(({ turnId }) => turnId).filter(isKept);
    expect(idsOf('turn_started').filter(isKept)).toEqual(turnIds);
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

async function begin(settings: Partial<Settings>): Promise<Play> {
  const harness = await startHarness({ settings: { maxLive: MAX_LIVE, ...settings } });
  const client = await harness.connect();
  const made = Array.from({ length: SESSIONS }, () => client.call('create_session'));
  const ids = (await Promise.all(made)).map(({ session }) => session.id);
  return new Play(harness, client, ids);
}

test('each prompt has one turn that ends, and reaches Claude at most once and in order, in no more processes than allowed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.boolean(), async (steps, evicts) => {
      // Either only to make room, or also whenever a process has nothing to do.
      const play = await begin(evicts ? { idleEvictMs: 1 } : {});
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
