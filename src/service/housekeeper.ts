/** Periodic work: takes over from gone servers, ends idle sessions, deletes old logs and files. */

import { setImmediate as nextTick } from 'node:timers/promises';
import { HOUSEKEEPING_MS, PRUNE_ROWS, SWEEP_MS } from '../process-limits.ts';
import type { Runner } from '../runner/runner.ts';
import type { SessionEvent } from '../session/event.ts';
import { SESSION_ID_PREFIX, uuidOf } from '../session/session.ts';
import type { Connection } from '../store/peers.ts';
import type { Commit } from '../store/store.ts';
import type { Attachments } from './attachments.ts';
import type { Caller } from './caller.ts';
import type { Parts } from './core.ts';
import type { RollCall } from './roll-call.ts';

export type HousekeeperDeps = Pick<
  Parts,
  'store' | 'local' | 'sessions' | 'attachments' | 'log'
> & {
  readonly recovery: Pick<Parts['recovery'], 'sweep' | 'giveUpUnconfirmed'>;
  readonly rollCall: Pick<RollCall, 'gone'>;
  readonly runner: Pick<Runner, 'kept' | 'discard'>;
  /** Idle time after which a session is ended. */
  readonly sessionTtlMs: number;
  /** Time after which an ended session is deleted. */
  readonly retainMs: number;
  /** Called for an MCP session that has ended with its server. */
  disconnected(caller: Caller): Promise<void>;
};

/** Stands for the server itself among its connections. No id of an MCP session is empty. */
const ENTRY = '';

const isEntry = ({ mcpSessionId }: Connection): boolean => mcpSessionId === ENTRY;

export class Housekeeper {
  readonly #deps: HousekeeperDeps;
  readonly #timers: readonly NodeJS.Timeout[];
  /** MCP sessions that are being settled, so that the next sweep skips them. */
  readonly #settling = new Set<string>();
  /** Attachments that are being removed. */
  readonly #removing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: HousekeeperDeps) {
    this.#deps = deps;
    this.#timers = [
      setInterval(() => void this.sweep(), SWEEP_MS).unref(),
      setInterval(() => void this.tidy(), HOUSEKEEPING_MS).unref(),
    ];
  }

  /** Takes over from gone servers; cheap if there are none. */
  async sweep(): Promise<void> {
    const { recovery, local, log } = this.#deps;
    try {
      const settled = (await recovery.sweep()) + (await this.#settleConnections());
      if (settled > 0) local.poke();
    } catch (error) {
      log.error({ err: error }, 'failed to take over the sessions of gone servers');
    }
  }

  /** To be called when the store works again after a failure, and its log may differ from what runs here. */
  async settle(): Promise<void> {
    const { recovery, local, log } = this.#deps;
    try {
      await recovery.giveUpUnconfirmed();
    } catch (error) {
      log.error({ err: error }, 'failed to compare running sessions with the log');
    }
    await this.sweep();
    local.poke();
  }

  /** Ends sessions that have been idle too long, and deletes old ones bit by bit. */
  async tidy(): Promise<void> {
    const { sessions, sessionTtlMs: idleMs } = this.#deps;
    await this.#do('failed to end all idle sessions', () => sessions.endIdle({ idleMs }));
    await this.#do('failed to delete old sessions', () => this.#forgetOld());
    await this.#do('failed to look for files of ended sessions', () => this.#discardEnded());
    await this.removeAttachments();
  }

  /** Removes attachments that no turn needs any more, whoever has left them. */
  removeAttachments(): Promise<void> {
    const { attachments, store } = this.#deps;
    return this.#removal(
      this.#do('failed to look for attachments of ended turns', () =>
        attachments.sweep((sessionId, turnId) => store.turn(sessionId, turnId)),
      ),
    );
  }

  #removal(work: Promise<void>): Promise<void> {
    this.#removing.add(work);
    return work.finally(() => this.#removing.delete(work));
  }

  async #forgetOld(): Promise<void> {
    const { store, retainMs } = this.#deps;
    while (!this.#isClosed && (await store.prune(retainMs, PRUNE_ROWS))) await nextTick();
  }

  /** A job that fails must not prevent the others. */
  async #do(notDone: string, job: () => Promise<unknown>): Promise<void> {
    try {
      await job();
    } catch (error) {
      this.#deps.log.error({ err: error }, notDone);
    }
  }

  /** Deletes the files of turns and sessions that this server has just ended. */
  committed({ changes }: Commit): void {
    for (const { session, events } of changes) {
      for (const event of events) this.#clean(session.id, event);
    }
  }

  #clean(sessionId: string, event: SessionEvent): void {
    if (event.type === 'session_ended') {
      void this.#discard(uuidOf(sessionId));
      void this.#removal(this.#drop({ sessionId }));
    }
    const isOver = event.type === 'turn_ended' && event.turn.attachments !== undefined;
    if (isOver || event.type === 'prompt_cancelled') {
      void this.#removal(this.#drop({ sessionId, turnId: event.turnId }));
    }
  }

  /** What is left is found by the next sweep. */
  async #drop(of: Parameters<Attachments['drop']>[0]): Promise<void> {
    try {
      await this.#deps.attachments.drop(of);
    } catch (error) {
      this.#deps.log.debug({ err: error, ...of }, 'failed to remove attachments');
    }
  }

  /** Deletes the files of sessions that were ended elsewhere, or have been deleted. */
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
        'failed to remove the temporary files of an ended session',
      );
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Resolves when no attachments are being removed. Call it before the store is closed. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#removing);
  }

  /** Settles MCP sessions that have ended with their server. Returns their number. */
  async #settleConnections(): Promise<number> {
    const { store, rollCall } = this.#deps;
    const servers = await store.peers.servers();
    const entries = servers.map(({ owner }) => ({ owner, principal: '', mcpSessionId: ENTRY }));
    const gone = await rollCall.gone([...(await store.peers.connections()), ...entries]);
    for (const { owner } of gone.filter(isEntry)) await store.peers.left(owner);
    const left = gone.filter((row) => !isEntry(row) && !this.#settling.has(row.mcpSessionId));
    await Promise.all(left.map((connection) => this.#settleConnection(connection)));
    return left.length;
  }

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
