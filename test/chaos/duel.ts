/**
 * The one story that the fences are for, told on purpose: a server stands still in the middle of a turn,
 * another takes the session over and works on, then the first goes on where it stood.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { standStill } from '../support/stand-still.ts';
import { violationsOf } from './checks.ts';
import { promptOf } from './child-runner.ts';
import { Database } from './database.ts';
import { gather, readWitness, survivorsOf } from './evidence.ts';
import { type Connected, connect } from './fleet.ts';
import type { Mutant } from './mutants.ts';
import { Place } from './place.ts';

/** A server that only gets no time to run must not lose its lease: that would be another story. */
const LEASE_TIMES = { leaseMs: 4000, renewMs: 500, selfFenceMs: 3200 };
/** Long enough to be running still when the story is over, on the slowest machine. */
const ENDLESS = promptOf({ steps: 100_000, stepMs: 50, leaves: true });
const MAX_LIVE = 4;
const POLL_MS = 50;
const STORY_MS_MAX = 60_000;
/** What late writers have, after the first server has answered again: two leases. */
const SETTLE_MS = 2 * LEASE_TIMES.leaseMs;

/** Returns what the checks say; returns early once they say something of the `expected` kind. */
export async function duel(mutant: Mutant, expected?: RegExp): Promise<readonly string[]> {
  const place = new Place();
  const settings = { maxLive: MAX_LIVE, idleEvictMs: 60_000, leaseTimes: LEASE_TIMES, mutant };
  const first = await connect(place.serverOptions('first', settings));
  const second = await connect(place.serverOptions('second', settings));
  const database = new Database(place.stateDirectory);
  try {
    const story = new Story({ place, database, first, second });
    await story.tell();
    return await story.judge(expected);
  } finally {
    database.close();
    first.signal('SIGKILL');
    second.signal('SIGKILL');
    await Promise.all([first.closed, second.closed]);
    for (const pid of survivorsOf(place.runId)) process.kill(pid, 'SIGKILL');
    place.remove();
  }
}

type Stage = {
  readonly place: Place;
  readonly database: Database;
  readonly first: Connected;
  readonly second: Connected;
};

class Story {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async tell(): Promise<void> {
    const { place, first, second, database } = this.#stage;
    const { session, turn } = await answered(first, 'create_session', { prompt: ENDLESS });
    await until('the first turn has taken steps', () => this.#steps(turn.id) > 2);
    await standStill(first.pid, place.stateDirectory);
    await answered(second, 'attach_session', { sessionId: session.id });
    const stateOf = () => database.turns().find(({ id }) => id === turn.id)?.state;
    await until('the second server has taken over', async () => {
      if (stateOf() === 'running') {
        await second.call('interrupt_session', { sessionId: session.id });
      }
      return stateOf() === 'lost';
    });
    const next = await answered(second, 'send_prompt', { sessionId: session.id, prompt: ENDLESS });
    await until('the next turn has taken steps', () => this.#steps(next.turn.id) > 2);
    first.signal('SIGCONT');
    await first.call('get_metrics');
  }

  async judge(expected?: RegExp): Promise<readonly string[]> {
    const endAt = performance.now() + (expected === undefined ? SETTLE_MS : STORY_MS_MAX);
    for (;;) {
      const violations = this.#violations();
      const isSaid = expected !== undefined && violations.some((line) => expected.test(line));
      if (isSaid || performance.now() > endAt) return violations;
      await sleep(POLL_MS);
    }
  }

  #steps(turnId: string): number {
    const lines = readWitness(this.#stage.place.witnessDirectory);
    return lines.filter((line) => line.kind === 'step' && line.turnId === turnId).length;
  }

  /** Turns are under way, so their ends are no matter here. */
  #violations(): readonly string[] {
    const { place, database } = this.#stage;
    const rest = { ledger: [], kills: [], stops: [], survivors: [], maxLive: MAX_LIVE };
    const evidence = gather(database, place.witnessDirectory, rest);
    return violationsOf(evidence).filter((line) => !line.startsWith('not one end per turn'));
  }
}

type Made = { readonly session: { readonly id: string }; readonly turn: { readonly id: string } };

async function answered(
  server: Connected,
  tool: string,
  args: Record<string, unknown>,
): Promise<Made> {
  const answer = await server.call(tool, args);
  if (!answer.ok) throw new Error(`${tool}: ${answer.failure.message}`);
  return answer.data as Made;
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endAt = performance.now() + STORY_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > endAt) throw new Error(`waited in vain until ${what}`);
    await sleep(POLL_MS);
  }
}
