/** One server killed again and again in the middle of its work: what it had acknowledged must be there. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_TIMES } from '../../src/limits.ts';
import { effectsLost } from './check-effects.ts';
import { violationsOf } from './checks.ts';
import { Database } from './database.ts';
import { gather, survivorsOf } from './evidence.ts';
import { type Connected, connect, type Fault } from './fleet.ts';
import { Load } from './load.ts';
import { Place } from './place.ts';
import { type Random, seeded } from './random.ts';
import type { Verdict } from './report.ts';

const SETTINGS = {
  maxLive: 4,
  idleEvictMs: 300_000,
  leaseTimes: LEASE_TIMES,
  mutant: 'none',
} as const;
const CALLERS = 8;
const SESSIONS = 20;
const OPEN_TURNS_MAX = 60;
const LIFE_MS: readonly [number, number] = [20, 500];
/** Every so many rounds the database is checked from end to end, and all that was ever acknowledged. */
const AUDIT_ROUNDS = 10;

export type CrashOptions = {
  readonly rounds: number;
  readonly seed: number;
  /** The least that a round must get done, on average, to prove anything. */
  readonly acknowledgedPerRound: number;
  /** Hears how the run goes. */
  say(line: string): void;
};

export type CrashSummary = {
  readonly rounds: number;
  readonly calls: number;
  readonly acknowledged: number;
  readonly unanswered: number;
  readonly turns: number;
  readonly sessions: number;
  readonly integrityChecks: number;
  readonly lostAcknowledgements: number;
  /** From the start of the process to its first answer. */
  readonly recoveryMsMedian: number;
  readonly recoveryMsMax: number;
};

export async function runCrash(options: CrashOptions): Promise<Verdict<CrashSummary>> {
  const run = new CrashRun(options);
  for (let round = 1; round <= options.rounds; round++) await run.round(round);
  return await run.judge();
}

class CrashRun {
  readonly #options: CrashOptions;
  readonly #random: Random;
  readonly #place = new Place();
  readonly #recoveries: number[] = [];
  readonly #kills: Fault[] = [];
  readonly #problems: string[] = [];
  #load: Load | undefined;
  #database: Database | undefined;
  #lost = 0;
  #audits = 0;

  constructor(options: CrashOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  async round(round: number): Promise<void> {
    const server = await this.#start();
    const { load } = this.#opened();
    const from = load.ledger.length;
    const callers = Array.from({ length: CALLERS }, () => callUntilDead(load, server));
    await sleep(this.#random.between(...LIFE_MS));
    server.isKilled = true;
    server.signal('SIGKILL');
    this.#kills.push({ pid: server.pid, at: Date.now() });
    await server.closed;
    await Promise.all(callers);
    const isAudit = round % AUDIT_ROUNDS === 0;
    // Looked at before the next start, which must find it, and again at every audit.
    this.#verify(isAudit ? 0 : from);
    if (!isAudit) return;
    this.#audit();
    this.#options.say(`${round} rounds, ${load.ledger.length} acknowledged, ${this.#lost} lost`);
  }

  /** Starts once more, ends everything in peace, and looks at all that is left. */
  async judge(): Promise<Verdict<CrashSummary>> {
    const server = await this.#start();
    const { load, database } = this.#opened();
    this.#verify(0);
    for (const id of database.openSessions()) await load.end(server, id);
    await server.leave();
    this.#audit();
    const survivors = survivorsOf(this.#place.runId);
    const { ledger } = load;
    const { maxLive } = SETTINGS;
    const rest = { ledger, survivors, kills: this.#kills, stops: [], maxLive };
    const evidence = gather(database, this.#place.witnessDirectory, rest);
    database.close();
    const summary = this.#summary(load, evidence.turns.length, evidence.sessions.length);
    const violations = [
      ...this.#problems,
      ...load.internal,
      ...violationsOf(evidence),
      ...this.#shortfall(summary),
    ];
    if (violations.length === 0) this.#place.remove();
    return { summary, violations, directory: this.#place.directory };
  }

  async #start(): Promise<Connected> {
    const startedAt = performance.now();
    const server = await connect(this.#place.serverOptions('server', SETTINGS));
    const first = await server.call('get_metrics');
    this.#recoveries.push(performance.now() - startedAt);
    if (!first.ok) this.#problems.push(`the first call failed: ${first.failure.message}`);
    this.#database ??= new Database(this.#place.stateDirectory);
    this.#load ??= new Load({
      random: this.#random,
      database: this.#database,
      sessions: SESSIONS,
      openTurnsMax: OPEN_TURNS_MAX,
      pauseMs: [0, 0],
    });
    return server;
  }

  /** Looks for what was acknowledged since an entry of the ledger. */
  #verify(from: number): void {
    const { load, database } = this.#opened();
    const lost = effectsLost({
      ledger: load.ledger.slice(from),
      events: database.events(),
      sessions: database.sessions(),
      turns: database.turns(),
    });
    this.#lost += lost.length;
    this.#problems.push(...lost);
  }

  #audit(): void {
    this.#audits += 1;
    const integrity = this.#opened().database.integrity();
    if (integrity !== 'ok') this.#problems.push(`database damaged: ${integrity}`);
  }

  #opened(): { readonly load: Load; readonly database: Database } {
    if (this.#load === undefined || this.#database === undefined) throw new Error('not started');
    return { load: this.#load, database: this.#database };
  }

  #summary(load: Load, turns: number, sessions: number): CrashSummary {
    const sorted = this.#recoveries.toSorted((a, b) => a - b).map(Math.round);
    return {
      rounds: this.#options.rounds,
      calls: load.calls,
      acknowledged: load.ledger.length,
      unanswered: load.unanswered,
      turns,
      sessions,
      integrityChecks: this.#audits,
      lostAcknowledgements: this.#lost,
      recoveryMsMedian: sorted[Math.floor(sorted.length / 2)] ?? 0,
      recoveryMsMax: sorted.at(-1) ?? 0,
    };
  }

  #shortfall({ rounds, acknowledged }: CrashSummary): readonly string[] {
    if (acknowledged >= rounds * this.#options.acknowledgedPerRound) return [];
    return [`too little happened: ${acknowledged} acknowledged in ${rounds} rounds`];
  }
}

async function callUntilDead(load: Load, server: Connected): Promise<void> {
  while (!server.isKilled && !server.isClosed) {
    await load.step(server);
    // Nothing may have been called: a queue that is full asks for no prompt.
    await sleep(1);
  }
}
