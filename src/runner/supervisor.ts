/**
 * The supervisor: a shell program beside the server that outlives it by as long as it takes to kill what is left of its
 * sessions. It sees by the end of its input that the server is gone. A server has one, from its first session on.
 */

import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Logger } from '../log.ts';
import { within } from '../timer.ts';
import { spawnError } from './failure.ts';
import { SYSTEM_PATH } from './finder.ts';
import { GUARD_MS_MAX } from './guard.ts';
import type { System } from './process-table.ts';
import { type PipedChild, spawnPiped } from './spawning.ts';
import { SUPERVISOR } from './supervisor-script.ts';
import { tagOf } from './tag.ts';

/** Pauses between looks: while something changes, and after this many looks without a change. */
const LOOK_PAUSE_MS = 250;
const LOOK_PAUSE_QUIET_MS = 1000;
const LOOKS_UNTIL_QUIET = 40;
/** Pause before it is started again if it has ended at once. */
const AGAIN_MS = 1000;

type SupervisorOptions = {
  readonly system: System;
  /** For what has to be known about the processes of sessions. It is made if it is missing. */
  readonly directory: string;
  readonly log: Logger;
};

/** Starts the supervisor with the first session, and another one whenever it has ended. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  /** What there is to wait for, by session, until the supervisor says that it watches it. */
  readonly #watched = new Map<string, PromiseWithResolvers<void>>();
  #shell: PipedChild | undefined;
  /** Sessions that a supervisor which had to be started again has not said yet that it watches. */
  #unwatched: ReadonlySet<string> = new Set();
  #isLooking = false;
  #next: NodeJS.Timeout | undefined;
  #living = '';
  #quietLooks = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the supervisor knows of the session that the marker belongs to. Nothing of it may be started before.
   *
   * @throws SessionError UNAVAILABLE
   */
  async watch(marker: string): Promise<void> {
    const session = this.#sessionOf(marker);
    const known = Promise.withResolvers<void>();
    this.#watched.set(session, known);
    if (this.#shell === undefined) this.#start();
    else this.#tell(`watch ${session}`);
    this.#quietLooks = 0;
    if (!this.#isLooking) this.#look();
    if (await within(known.promise, GUARD_MS_MAX)) return;
    this.forget(marker);
    // Another one takes its place.
    this.#shell?.kill('SIGKILL');
    throw spawnError(new Error('the process supervisor does not answer'));
  }

  /** To be called when nothing of the session is left. */
  forget(marker: string): void {
    const session = this.#sessionOf(marker);
    if (this.#watched.delete(session)) this.#tell(`forget ${session}`);
  }

  #start(): void {
    const shell = this.#spawn();
    this.#shell = shell;
    const startedAt = performance.now();
    shell.once('exit', () => this.#ended(shell, performance.now() - startedAt));
    shell.once('error', () => this.#ended(shell, 0));
    createInterface({ input: shell.stdout }).on('line', (line) => this.#heard(line));
    for (const session of this.#watched.keys()) this.#tell(`watch ${session}`);
    this.#look();
    // It lives as long as the server, which need not wait for it.
    for (const each of [shell, shell.stdin, shell.stdout, shell.stderr]) unref(each);
  }

  #spawn(): PipedChild {
    const { system, directory } = this.#options;
    const script = system === 'linux' ? SUPERVISOR.proc : SUPERVISOR.table;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw spawnError(error);
    }
    return spawnPiped({
      command: '/bin/sh',
      args: ['-c', `umask 077\n${script}`, 'claude-sessions-supervisor'],
      cwd: directory,
      // It has no marker, so that no other supervisor takes it for a session's.
      env: { PATH: SYSTEM_PATH },
    });
  }

  #ended(shell: PipedChild, livedMs: number): void {
    if (this.#shell !== shell) return;
    this.#shell = undefined;
    if (this.#watched.size === 0) return;
    this.#options.log.warn('the process supervisor has ended, starting another');
    setTimeout(() => this.#startAgain(), livedMs < AGAIN_MS ? AGAIN_MS : 0).unref();
  }

  #startAgain(): void {
    if (this.#shell !== undefined || this.#watched.size === 0) return;
    try {
      this.#unwatched = new Set(this.#watched.keys());
      this.#start();
    } catch (error) {
      this.#options.log.error({ err: error }, 'failed to start the process supervisor');
      setTimeout(() => this.#startAgain(), AGAIN_MS).unref();
    }
  }

  #tell(line: string): void {
    this.#shell?.stdin.write(`${line}\n`);
  }

  #heard(line: string): void {
    const [verb, what = ''] = line.split(' ');
    if (verb === 'watching') this.#watches(what);
    if (verb === 'looked') this.#looked(line);
  }

  #watches(session: string): void {
    this.#watched.get(session)?.resolve();
    const left = [...this.#unwatched].filter((each) => each !== session && this.#watched.has(each));
    if (this.#unwatched.size > 0 && left.length === 0) {
      this.#options.log.info('the process supervisor watches all sessions again');
    }
    this.#unwatched = new Set(left);
  }

  /** Where the system keeps no mark of a process, what belongs to a session has to be seen while it is connected to it. */
  #look(): void {
    this.#isLooking = this.#options.system !== 'linux' && this.#watched.size > 0;
    clearTimeout(this.#next);
    if (this.#isLooking) this.#tell('look');
  }

  /** Less often while nothing changes. The next look comes after the answer to this one, so that none pile up. */
  #looked(living: string): void {
    this.#quietLooks = living === this.#living ? this.#quietLooks + 1 : 0;
    this.#living = living;
    const pause = this.#quietLooks < LOOKS_UNTIL_QUIET ? LOOK_PAUSE_MS : LOOK_PAUSE_QUIET_MS;
    clearTimeout(this.#next);
    this.#next = setTimeout(() => this.#look(), pause).unref();
  }

  /** What the script knows a session by. */
  #sessionOf(marker: string): string {
    return this.#options.system === 'linux' ? `${marker}:${tagOf(marker)}` : marker;
  }
}

function unref(each: object): void {
  if ('unref' in each && typeof each.unref === 'function') each.unref();
}
