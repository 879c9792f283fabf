/** What nobody asks for but time: gone servers' sessions, gone connections, idle sessions, old logs. */

import { setImmediate as nextTick } from 'node:timers/promises';
import { HOUSEKEEPING_MS, PRUNE_ROWS, SWEEP_MS } from '../limits.ts';
import type { Runner } from '../runner/runner.ts';
import { SESSION_ID_PREFIX, uuidOf } from '../session/session.ts';
import type { Connection } from '../store/peers.ts';
import type { Commit } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { Parts } from './core.ts';
import type { RollCall } from './roll-call.ts';

export type HousekeeperDeps = Pick<Parts, 'store' | 'local' | 'sessions' | 'log'> & {
  readonly recovery: Pick<Parts['recovery'], 'sweep' | 'giveUpUnconfirmed'>;
  readonly rollCall: Pick<RollCall, 'gone'>;
  readonly runner: Pick<Runner, 'kept' | 'discard'>;
  /** An idle session is ended after this long. */
  readonly sessionTtlMs: number;
  /** An ended session is forgotten after this long. */
  readonly retainMs: number;
  /** The MCP session of this caller has ended with its server. */
  disconnected(caller: Caller): Promise<void>;
};

export class Housekeeper {
  readonly #deps: HousekeeperDeps;
  readonly #timers: readonly NodeJS.Timeout[];
  /** MCP sessions that are being settled: the next sweep leaves them alone. */
  readonly #settling = new Set<string>();
  #isClosed = false;

  constructor(deps: HousekeeperDeps) {
    this.#deps = deps;
    this.#timers = [
      setInterval(() => void this.sweep(), SWEEP_MS).unref(),
      setInterval(() => void this.tidy(), HOUSEKEEPING_MS).unref(),
    ];
  }

  /** Settles what gone servers left; cheap if there is nothing. */
  async sweep(): Promise<void> {
    const { recovery, local, log } = this.#deps;
    try {
      const settled = (await recovery.sweep()) + (await this.#settleConnections());
      if (settled > 0) local.poke();
    } catch (error) {
      log.error({ err: error }, 'sessions of gone servers could not be settled');
    }
  }

  /** What a start does: the store has failed and works again, and may not hold what was thought to be written. */
  async settle(): Promise<void> {
    const { recovery, local, log } = this.#deps;
    try {
      await recovery.giveUpUnconfirmed();
    } catch (error) {
      log.error({ err: error }, 'the sessions that run here could not be compared with the log');
    }
    await this.sweep();
    local.poke();
  }

  /** Ends what has been idle too long, forgets what is old enough, a little at a time. */
  async tidy(): Promise<void> {
    const { sessions, sessionTtlMs: idleMs } = this.#deps;
    await this.#do('idle sessions could not all be ended', () => sessions.endIdle({ idleMs }));
    await this.#do('what is old could not be forgotten', () => this.#forgetOld());
    await this.#do('files of ended sessions could not be looked for', () => this.#discardEnded());
  }

  async #forgetOld(): Promise<void> {
    const { store, retainMs } = this.#deps;
    while (!this.#isClosed && (await store.prune(retainMs, PRUNE_ROWS))) await nextTick();
  }

  /** One job that fails must not keep the others from being done. */
  async #do(notDone: string, job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
    } catch (error) {
      this.#deps.log.error({ err: error }, notDone);
    }
  }

  /** Deletes at once what is kept of sessions that this server has ended. */
  committed({ changes }: Commit): void {
    for (const { session, events } of changes) {
      if (!events.some(({ type }) => type === 'session_ended')) continue;
      void this.#discard(uuidOf(session.id));
    }
  }

  /** The same for those that ended at the terminal or at a server that died, and for those that are forgotten. */
  async #discardEnded(): Promise<void> {
    const { store, runner } = this.#deps;
    for (const uuid of await runner.kept()) {
      if (this.#isClosed) return;
      if (!(await store.isOpen(SESSION_ID_PREFIX + uuid))) await this.#discard(uuid);
    }
  }

  async #discard(uuid: string): Promise<void> {
    try {
      await this.#deps.runner.discard(uuid);
    } catch (error) {
      this.#deps.log.debug(
        { err: error, uuid },
        'the temporary files of an ended session could not be removed',
      );
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** An MCP session whose server is gone has ended. Returns how many those were. */
  async #settleConnections(): Promise<number> {
    const { store, rollCall } = this.#deps;
    const gone = await rollCall.gone(await store.peers.connections());
    const left = gone.filter(({ mcpSessionId }) => !this.#settling.has(mcpSessionId));
    await Promise.all(left.map((connection) => this.#settleConnection(connection)));
    return left.length;
  }

  /** One that is slow or fails holds up no other. */
  async #settleConnection({ principal, mcpSessionId }: Connection): Promise<void> {
    const { store, disconnected } = this.#deps;
    this.#settling.add(mcpSessionId);
    await this.#do('failed to clean up after an MCP session of a dead server', async () => {
      await disconnected({ principal, mcpSessionId });
      await store.peers.disconnect(mcpSessionId);
    });
    this.#settling.delete(mcpSessionId);
  }
}
