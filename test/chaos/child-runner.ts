/** A runner with real processes under the real guard, and a shell program in the place of Claude Code. */

import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionError } from '../../src/errors.ts';
import type { Logger } from '../../src/log.ts';
import { type Guarding, startGuarding } from '../../src/runner/guarding.ts';
import {
  type GuardedProcess,
  identify,
  type KillTree,
  spawnGuarded,
} from '../../src/runner/process.ts';
import { MARKER_VARIABLE, type System } from '../../src/runner/process-table.ts';
import type { Processes } from '../../src/runner/processes.ts';
import type { Run, RunListener, Runner, RunSpec } from '../../src/runner/runner.ts';
import { shellOf } from '../../src/runner/shell.ts';
import type { TurnOutcome } from '../../src/session/decide.ts';
import type { ProcessIdentity } from '../../src/session/process.ts';
import { SESSION_ID_PREFIX } from '../../src/session/session.ts';

const PROGRAM = join(import.meta.dirname, 'child.sh');
const DRAIN_MS = 500;

/** What a prompt asks of the program. */
export type Work = {
  readonly steps: number;
  readonly stepMs: number;
  /** Whether it leaves a process behind that goes on by itself. */
  readonly leaves: boolean;
};

export function promptOf({ steps, stepMs, leaves }: Work): string {
  return `${steps} ${stepMs / 1000} ${leaves ? 1 : 0}`;
}

type ChildParts = Pick<Guarding, 'killTree' | 'watch' | 'guard'> & { readonly system: System };

export class ChildRunner implements Runner {
  readonly #parts: ChildParts;
  readonly #witnessDirectory: string;
  /** What tells Claude Code which shell to use. */
  readonly #shell: Readonly<Record<string, string>>;

  constructor(witnessDirectory: string, processes: Processes, log: Logger) {
    const { killTree, watch, guard } = startGuarding({ ...processes, log });
    const { system } = processes.finder;
    this.#parts = { killTree, watch, guard, system };
    this.#witnessDirectory = witnessDirectory;
    this.#shell = system === 'linux' ? {} : shellOf({}, processes.directory);
    mkdirSync(witnessDirectory, { recursive: true });
  }

  async start(spec: RunSpec, listener: RunListener): Promise<Run> {
    const witness = join(this.#witnessDirectory, SESSION_ID_PREFIX + spec.uuid);
    const request = {
      command: '/bin/bash',
      args: [PROGRAM, witness, String(process.pid)],
      cwd: spec.options.workingDirectory,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', [MARKER_VARIABLE]: spec.marker, ...this.#shell },
    };
    await this.#parts.watch(spec.marker);
    const spawned = spawnGuarded(request, this.#parts.guard);
    const run = new ChildRun(spawned, spec.marker, listener, this.#parts);
    await run.ready(spec.signal);
    return run;
  }

  readonly trusts = async () => false;
  readonly sandboxProblem = async () => undefined;
  readonly rename = async () => false;
  readonly kept = async () => [];
  readonly discard = async () => {};
}

type Turn = { readonly id: string; readonly ended: PromiseWithResolvers<void> };

class ChildRun implements Run {
  readonly process: ProcessIdentity;
  readonly #spawned: GuardedProcess;
  readonly #listener: RunListener;
  readonly #killTree: KillTree;
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone: Promise<void>;
  #turn: Turn | undefined;
  #isReady = false;
  #isStopped = false;

  constructor(
    spawned: GuardedProcess,
    marker: string,
    listener: RunListener,
    { killTree, system }: ChildParts,
  ) {
    this.#killTree = killTree;
    this.#spawned = spawned;
    this.#listener = listener;
    this.process = identify(spawned.child.pid ?? 0, marker, system);
    const lines = createInterface({ input: spawned.child.stdout });
    lines.on('line', (line) => this.#heard(line));
    this.#gone = this.#finish(once(lines, 'close'));
  }

  /** Rejects if the signal gives the start up or the child ends; by then all of it is gone. */
  async ready(signal?: AbortSignal): Promise<void> {
    const giveUp = () => void this.#killTree(this.process);
    signal?.addEventListener('abort', giveUp);
    await Promise.race([this.#ready.promise, this.#gone]);
    signal?.removeEventListener('abort', giveUp);
    if (this.#isReady && !signal?.aborted) return;
    await this.#killTree(this.process);
    await this.#gone;
    throw new SessionError('UNAVAILABLE', `the child ended early: ${this.#spawned.stderr()}`);
  }

  readonly leftRunning = async () => [];
  readonly isCurrent = async () => true;

  prompt(turnId: string, text: string): void {
    this.#turn = { id: turnId, ended: Promise.withResolvers() };
    this.#tell(`prompt ${turnId} ${text}`);
  }

  steer(): void {
    throw new Error('the chaos run steers nothing');
  }

  async update(): Promise<void> {}

  async interrupt(): Promise<void> {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#tell('interrupt');
    await turn.ended.promise;
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    await this.#killTree(this.process);
    await this.#gone;
  }

  #tell(line: string): void {
    this.#spawned.child.stdin.write(`${line}\n`);
  }

  #heard(line: string): void {
    const [word, turnId = '', what] = line.split(' ');
    if (word === 'ready') {
      this.#isReady = true;
      this.#ready.resolve();
    }
    if (word === 'step') this.#listener.output({ type: 'text', turnId, text: `step ${what}` });
    if (word === 'end') this.#endTurn({ state: what as 'interrupted' | 'completed' });
  }

  #endTurn(outcome: TurnOutcome): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    this.#listener.turnEnded(turn.id, outcome);
    turn.ended.resolve();
  }

  async #finish(drained: Promise<unknown>): Promise<void> {
    await once(this.#spawned.child, 'exit').catch(() => undefined);
    await this.#killTree(this.process);
    await Promise.race([drained, sleep(DRAIN_MS)]);
    const error = new SessionError('UNAVAILABLE', 'the child stopped unexpectedly').toFailure();
    this.#endTurn(this.#isStopped ? { state: 'interrupted' } : { state: 'failed', error });
    if (this.#isReady) this.#listener.exited();
  }
}
