/** One chaos run: servers, load and faults for a time, then peace, then the verdict. */

import { setTimeout as sleep } from 'node:timers/promises';
import { violationsOf } from './checks.ts';
import { Database } from './database.ts';
import { gather, survivorsOf } from './evidence.ts';
import { Slot } from './fleet.ts';
import { Load } from './load.ts';
import type { Mutant } from './mutants.ts';
import { Place } from './place.ts';
import { type Random, seeded } from './random.ts';
import type { Verdict } from './report.ts';
import { type Summary, shortfallsOf, summaryOf } from './summary.ts';

const LEASE_TIMES = { leaseMs: 1500, renewMs: 300, selfFenceMs: 1200 };
const MAX_LIVE = 6;
const IDLE_EVICT_MS = 1500;
const CALLERS_PER_SERVER = 3;
const OPEN_TURNS_MAX = 40;
const KILL_SHARE = 0.6;
const PROGRESS_MS = 10_000;
const DRAIN_MS_MAX = 90_000;
/** Late writers get this long to show themselves. */
const SETTLE_MS = 2.6 * LEASE_TIMES.leaseMs;
/** A shorter run shows nothing by how much it gets done. */
const DEMAND_SECONDS = 60;
const POLL_MS = 50;

export type ChaosOptions = {
  readonly seconds: number;
  readonly seed: number;
  readonly servers: number;
  readonly sessions: number;
  readonly mutant: Mutant;
  /** Of the least that a run must get done, where the machine has nothing else to do. */
  readonly share: number;
  /** Hears how the run goes. */
  say(line: string): void;
};

export async function runChaos(options: ChaosOptions): Promise<Verdict<Summary>> {
  const run = new ChaosRun(options);
  const problems = await run.go();
  return run.judge(problems);
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #place = new Place();
  readonly #random: Random;
  readonly #slots: readonly Slot[];
  #database: Database | undefined;
  #load: Load | undefined;
  readonly #startedAt = performance.now();

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
    const { mutant } = options;
    const settings = {
      maxLive: MAX_LIVE,
      idleEvictMs: IDLE_EVICT_MS,
      leaseTimes: LEASE_TIMES,
      mutant,
    };
    this.#slots = Array.from(
      { length: options.servers },
      (_, index) => new Slot(this.#place.serverOptions(`server-${index}`, settings)),
    );
  }

  /** Returns what went wrong on the way. */
  async go(): Promise<readonly string[]> {
    await Promise.all(this.#slots.map((slot) => slot.up()));
    const load = this.#open();
    const callers = this.#slots.flatMap((slot) =>
      Array.from({ length: CALLERS_PER_SERVER }, () => load.run(() => slot.up())),
    );
    const progress = setInterval(() => this.#report(), PROGRESS_MS);
    await this.#fault(this.#options.seconds * 1000);
    load.stop();
    for (const slot of this.#slots) slot.resume();
    this.#options.say('the faults are over: waiting for every turn to end');
    await Promise.all(callers);
    const problems = [...(await this.#drain()), ...(await this.#endAll())];
    clearInterval(progress);
    await sleep(SETTLE_MS);
    await Promise.all(this.#slots.map((slot) => slot.close()));
    return problems;
  }

  async judge(problems: readonly string[]): Promise<Verdict<Summary>> {
    const { load, database } = this.#opened();
    const kills = this.#slots.flatMap((slot) => slot.kills);
    const stops = this.#slots.flatMap((slot) => slot.stops);
    const survivors = survivorsOf(this.#place.runId);
    const { ledger } = load;
    const evidence = gather(database, this.#place.witnessDirectory, {
      ledger,
      kills,
      stops,
      survivors,
      maxLive: MAX_LIVE,
    });
    database.close();
    const summary = summaryOf({
      evidence,
      load,
      slots: this.#slots,
      logged: this.#place.logged(),
      seconds: this.#options.seconds,
    });
    const violations = [
      ...problems,
      ...load.internal,
      ...violationsOf(evidence),
      ...(summary.seconds < DEMAND_SECONDS ? [] : shortfallsOf(summary, this.#options.share)),
    ];
    if (violations.length === 0) this.#place.remove();
    return { summary, violations, directory: this.#place.directory };
  }

  #open(): Load {
    const { sessions } = this.#options;
    this.#database = new Database(this.#place.stateDirectory);
    this.#load = new Load({
      random: this.#random,
      database: this.#database,
      sessions,
      openTurnsMax: OPEN_TURNS_MAX,
      pauseMs: [40, 160],
    });
    return this.#load;
  }

  #opened(): { readonly load: Load; readonly database: Database } {
    if (this.#load === undefined || this.#database === undefined) throw new Error('not started');
    return { load: this.#load, database: this.#database };
  }

  /** Every 0.4 to 1.1 s a server dies, or stands still for a while. */
  async #fault(durationMs: number): Promise<void> {
    const random = this.#random;
    const until = performance.now() + durationMs;
    for (;;) {
      const pause = random.between(400, 1100);
      const left = until - performance.now();
      if (pause > left) return await sleep(Math.max(0, left));
      await sleep(pause);
      const slot = random.pick(this.#slots);
      const stopMs = random.between(750, 3750);
      if (random.chance(KILL_SHARE)) slot?.kill();
      else slot?.stop(stopMs);
    }
  }

  async #drain(): Promise<readonly string[]> {
    const { database } = this.#opened();
    const until = performance.now() + DRAIN_MS_MAX;
    while (database.openTurns() > 0) {
      if (performance.now() > until) {
        return database.openWork().map((turn) => `turn never ended: ${JSON.stringify(turn)}`);
      }
      await sleep(POLL_MS);
    }
    return [];
  }

  async #endAll(): Promise<readonly string[]> {
    const { load, database } = this.#opened();
    const open = database.openSessions();
    const ended = await Promise.all(
      open.map(async (id, index) => {
        const server = await this.#slots[index % this.#slots.length]?.up();
        return server !== undefined && (await load.end(server, id));
      }),
    );
    return open.filter((_, index) => !ended[index]).map((id) => `${id} could not be ended`);
  }

  #report(): void {
    const { load, database } = this.#opened();
    const kills = this.#slots.reduce((sum, slot) => sum + slot.kills.length, 0);
    const stops = this.#slots.reduce((sum, slot) => sum + slot.stops.length, 0);
    const seconds = Math.round((performance.now() - this.#startedAt) / 1000);
    this.#options.say(
      `${seconds} s: ${load.ledger.length} acknowledged, ${kills} kills, ${stops} stops, ${database.openTurns()} turns open`,
    );
  }
}
