/** The server processes of a run, each with a client, and the faults that are done to them. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LeaseTimes } from '../../src/process-limits.ts';
import type { RigPlace } from '../rig/place.ts';
import { inTime, within } from '../rig/run.ts';
import { LineWire } from '../support/client/line-wire.ts';
import { Program } from '../support/client/program.ts';
import type { Args, ToolAnswer } from '../support/client/tools.ts';
import { witnessDirectoryOf } from './evidence.ts';
import { type GuardKind, guardEnvironment } from './guards.ts';
import type { Mutant } from './mutants.ts';
import type { ServerOptions } from './server.ts';

const SERVER = join(import.meta.dirname, 'server.ts');
const CALL_MS_MAX = 60_000;
const UP_MS_MAX = 60_000;
const RESTART_MS = 100;

export type Fault = { readonly pid: number; readonly at: number };

/** `until` is missing if the process was killed while it stood still. */
export type Stop = Fault & { until?: number };

/** What all servers of a run share. */
export type FleetOptions = {
  readonly place: RigPlace;
  readonly flags: readonly string[];
  readonly leaseTimes: LeaseTimes;
  readonly mutant: Mutant;
  readonly guard: GuardKind;
};

/** A server process and a client of it. */
export class ChaosServer extends LineWire {
  isKilled = false;
  isStopped = false;
  readonly program: Program;

  private constructor(program: Program) {
    super(program.child.stdin, program.child.stdout, () => program.stderr());
    this.program = program;
  }

  /** Starts a server and connects to it. */
  static async start(name: string, options: FleetOptions): Promise<ChaosServer> {
    const { place, flags, leaseTimes, mutant, guard } = options;
    const witnessDirectory = witnessDirectoryOf(place);
    const argument: ServerOptions = { leaseTimes, mutant, witnessDirectory };
    const command = [process.execPath, SERVER, JSON.stringify(argument)];
    const args = ['--log-file', place.logFile(name), '--max-sessions', '10000', ...flags];
    const program = new Program(
      [...command, ...args],
      { ...place.env, ...guardEnvironment(guard) },
      false,
    );
    return await new ChaosServer(program).initialize();
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.program.child;
    return exitCode !== null || signalCode !== null;
  }

  /** Rejects after {@link CALL_MS_MAX}. */
  override async raw(name: string, args: Args = {}): Promise<ToolAnswer> {
    return await inTime(CALL_MS_MAX, super.raw(name, args));
  }

  signal(signal: NodeJS.Signals): void {
    this.program.child.kill(signal);
  }

  kill(): Fault {
    this.isKilled = true;
    this.signal('SIGKILL');
    return { pid: this.program.pid, at: Date.now() };
  }
}

/** What was done to the servers of a run, and what they did themselves. */
export type Faults = {
  readonly kills: Fault[];
  readonly stops: Stop[];
  /** What servers left behind that ended although nobody killed them. */
  readonly crashes: string[];
};

/** One place of the fleet: whenever its server dies, another is started. */
export class Slot {
  server: ChaosServer | undefined;
  readonly #faults: Faults;
  readonly #start: () => Promise<ChaosServer>;
  readonly #keeping: Promise<void>;
  #isLeaving = false;
  #resume: NodeJS.Timeout | undefined;

  constructor(name: string, options: FleetOptions, faults: Faults) {
    this.#faults = faults;
    this.#start = () => ChaosServer.start(name, options);
    this.#keeping = this.#keep();
  }

  /** The server, as soon as there is one; undefined once the slot is closed. */
  async up(): Promise<ChaosServer | undefined> {
    await within(UP_MS_MAX, () => this.server !== undefined || this.#isLeaving);
    return this.server;
  }

  kill(): void {
    if (this.server !== undefined) this.#faults.kills.push(this.server.kill());
  }

  /** Stops the process for a while; does nothing if it is stopped already. */
  stop(ms: number): void {
    const { server } = this;
    if (server === undefined || server.isStopped) return;
    server.isStopped = true;
    server.signal('SIGSTOP');
    this.#faults.stops.push({ pid: server.program.pid, at: Date.now() });
    this.#resume = setTimeout(() => this.resume(), ms);
  }

  resume(): void {
    clearTimeout(this.#resume);
    const { server } = this;
    if (!server?.isStopped) return;
    server.isStopped = false;
    const stop = this.#faults.stops.findLast(({ pid }) => pid === server.program.pid);
    if (stop !== undefined) stop.until = Date.now();
    server.signal('SIGCONT');
  }

  async close(): Promise<void> {
    this.#isLeaving = true;
    this.resume();
    await this.server?.program.leave();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    while (!this.#isLeaving) {
      try {
        this.server = await this.#start();
        const { code, stderr } = await this.server.program.ended;
        const isMeant = this.server.isKilled || this.#isLeaving;
        if (!isMeant) this.#faults.crashes.push(`exit code ${code}: ${stderr}`);
      } catch (error) {
        this.#faults.crashes.push(String(error));
      }
      clearTimeout(this.#resume);
      this.server = undefined;
      if (!this.#isLeaving) await sleep(RESTART_MS);
    }
  }
}
