/** One soak: many sessions in one server for a time, and then what is left of them. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, seeded } from '../chaos/random.ts';
import type { Verdict } from '../chaos/report.ts';
import { processesWith } from '../demo/processes.ts';
import { descriptors, residentMib } from '../support/gauge.ts';
import { pickAct } from './acts.ts';
import { Refused, SoakClient } from './client.ts';
import { Ledger } from './ledger.ts';
import { Life, type Soak } from './life.ts';
import { Place } from './place.ts';

const SAMPLE_MS = 1000;
const PROGRESS_SAMPLES = 30;
const SETTLED_MS_MAX = 10_000;
const PAUSE_MS_MAX = 2000;
const ERROR_LEVEL = 50;

export type SoakOptions = {
  readonly seconds: number;
  readonly seed: number;
  readonly sessions: number;
  /** Hears how the run goes. */
  say(line: string): void;
};

export type Summary = {
  readonly seconds: number;
  readonly calls: number;
  readonly sessions: number;
  readonly turns: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly acts: Readonly<Record<string, number>>;
  readonly residentMibAtStart: number;
  readonly residentMibMost: number;
  readonly residentMibAtEnd: number;
  readonly processesLeft: number;
  readonly descriptorsLeft: number;
};

export async function runSoak(options: SoakOptions): Promise<Verdict<Summary>> {
  const place = await Place.make();
  const client = new SoakClient(place);
  const ledger = new Ledger();
  await client.open();
  const soak = { place, client, ledger };
  try {
    const summary = await new Run(soak, options).go();
    const { violations } = ledger;
    await client.close();
    await place.close(violations.length > 0);
    return { summary, violations, directory: place.directory };
  } finally {
    await client.close();
  }
}

class Run {
  readonly #soak: Soak;
  readonly #options: SoakOptions;
  readonly #until: number;
  #most = 0;

  constructor(soak: Soak, options: SoakOptions) {
    this.#soak = soak;
    this.#options = options;
    this.#until = performance.now() + options.seconds * 1000;
  }

  async go(): Promise<Summary> {
    const { client, ledger } = this.#soak;
    await this.#warmUp();
    const { pid } = client;
    const before = { resident: residentMib(pid), descriptors: descriptors(pid) };
    const sampling = setInterval(this.#sampler(), SAMPLE_MS);
    const names = Array.from({ length: this.#options.sessions }, (_, index) => index);
    await Promise.all(names.map((index) => this.#live(index)));
    clearInterval(sampling);
    const left = await this.#settle(before.descriptors);
    this.#readLog();
    const { turns, failures, refusals, acts, sessions } = ledger;
    return {
      seconds: this.#options.seconds,
      calls: client.calls,
      sessions,
      turns,
      failures,
      refusals,
      acts,
      residentMibAtStart: before.resident,
      residentMibMost: this.#most,
      residentMibAtEnd: residentMib(pid),
      ...left,
    };
  }

  /** Loads what is loaded once, so that the figures at the start are those of a server that has worked. */
  async #warmUp(): Promise<void> {
    const life = new Life(this.#soak, 'warm-up');
    await life.begin();
    await life.turn([{ text: 'warm' }], 'completed');
    await life.end();
  }

  async #live(index: number): Promise<void> {
    const random = seeded(this.#options.seed * 1000 + index);
    const life = new Life(this.#soak, `session-${index}`);
    await this.#held(life, () => life.begin());
    while (performance.now() < this.#until) {
      const act = pickAct(random);
      this.#soak.ledger.act(act.name);
      await this.#held(life, () => act.run(life, random));
      await this.#pause(random);
    }
    // Whatever came before, it answers at the end.
    await this.#held(life, () => life.turn([{ text: 'the last' }], 'completed'));
    await this.#held(life, () => life.end());
  }

  async #pause(random: Random): Promise<void> {
    const left = this.#until - performance.now();
    await sleep(Math.max(0, Math.min(left, random.between(0, PAUSE_MS_MAX))));
  }

  /** A call that fails is a violation: nothing that the acts ask for may be refused. */
  async #held(life: Life, act: () => Promise<void>): Promise<void> {
    const { ledger } = this.#soak;
    try {
      await act();
    } catch (error) {
      if (error instanceof Refused) ledger.refusal(error.failure.code);
      ledger.violation(`${life.id}: ${error instanceof Error ? error.message : String(error)}`);
      // Rather than a storm of the same.
      await sleep(PAUSE_MS_MAX);
    }
  }

  /** What is left when every session has ended, after the moment that closing takes. */
  async #settle(
    descriptorsBefore: number,
  ): Promise<Pick<Summary, 'processesLeft' | 'descriptorsLeft'>> {
    const { client, place, ledger } = this.#soak;
    const look = async () => ({
      processesLeft: (await processesWith(place.directory)).filter(
        (pid) => pid !== String(client.pid),
      ).length,
      descriptorsLeft: Math.max(0, descriptors(client.pid) - descriptorsBefore),
    });
    const until = performance.now() + SETTLED_MS_MAX;
    let left = await look();
    while (left.processesLeft + left.descriptorsLeft > 0 && performance.now() < until) {
      await sleep(SAMPLE_MS / 10);
      left = await look();
    }
    if (left.processesLeft > 0) ledger.violation(`${left.processesLeft} processes are left`);
    if (left.descriptorsLeft > 0) ledger.violation(`${left.descriptorsLeft} descriptors are left`);
    return left;
  }

  #sampler(): () => void {
    const { client, ledger } = this.#soak;
    let samples = 0;
    return () => {
      const resident = residentMib(client.pid);
      this.#most = Math.max(this.#most, resident);
      samples += 1;
      if (samples % PROGRESS_SAMPLES !== 0) return;
      const turns = JSON.stringify(ledger.turns);
      const { length } = ledger.violations;
      this.#options.say(`${samples} s: ${turns}, ${resident} MiB, ${length} violations`);
    };
  }

  /** The server says in its log what it holds to be a defect of its own. */
  #readLog(): void {
    const { place, ledger } = this.#soak;
    for (const line of readFileSync(place.log, 'utf8').split('\n')) {
      if (!line.endsWith('}')) continue;
      const { level, msg } = JSON.parse(line) as { level: number; msg: string };
      if (level >= ERROR_LEVEL) ledger.violation(`logged: ${msg}`);
    }
  }
}
