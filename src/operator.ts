/**
 * The composition root of the commands that act: the use cases of a server without a scheduler. An operator starts no
 * process, runs no turn, and takes over no session but the one it acts on.
 */

import { randomUUID } from 'node:crypto';
import type { Settings } from './config.ts';
import type { Logger } from './log.ts';
import { LEASE_TIMES, STORE_POLL_MS } from './process-limits.ts';
import { createOwners, type Owners } from './runner/owners.ts';
import type { KillTree } from './runner/process.ts';
import { processesOf } from './runner/processes.ts';
import { removeScratch, scratchDirectoryOf } from './runner/scratch.ts';
import type { GivenAnswer } from './service/answers.ts';
import { systemClock } from './service/clock.ts';
import { createCore } from './service/core.ts';
import { Permissions } from './service/permissions.ts';
import { type NewPrompt, type Sent, Turns } from './service/turns.ts';
import type { PermissionRequest, Turn } from './session/event.ts';
import { type Session, uuidOf } from './session/session.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { Store } from './store/store.ts';

type OperatorDeps = { readonly settings: Settings; readonly log: Logger };

/** Acts on a session as its principal, but without an MCP session, so that no tie prevents it. */
export type Operator = {
  /**
   * Ends the session, by an order to the server that runs it if there is one. Returns after its last process is gone.
   *
   * @returns `ended` is false if it had ended before
   */
  end(session: Session, reason: string): Promise<{ session: Session; ended: boolean }>;
  /** As `Permissions.answer`. */
  answer(session: Session, given: GivenAnswer): Promise<PermissionRequest>;
  /** Stores a prompt. Resolves once a turn that it interrupts has stopped, too. */
  send(session: Session, asked: Omit<NewPrompt, 'sessionId'>): Promise<Sent>;
  /** As `Turns.interrupt`. */
  interrupt(session: Session, cancelQueued: boolean): Promise<{ session: Session; turn?: Turn }>;
  /**
   * The turn as it is now. If its server is gone, nobody else may notice: then it is settled first.
   */
  turnNow(turn: Turn): Promise<Turn>;
  /** Whether a server that runs turns is known to be alive. One that is idle may be alive without being known. */
  isServed(): Promise<boolean>;
  close(): Promise<void>;
};

export async function openOperator(deps: OperatorDeps): Promise<Operator> {
  const { settings, log } = deps;
  const store = await openSqliteStore({ directory: settings.stateDir, log });
  const { finder, killTree } = processesOf(settings);
  const owners = createOwners(randomUUID(), finder.system);
  const ports = { store, owners, killTree };
  const { sessions, turns, permissions, recovery, close } = assemble({ ...deps, ...ports });
  // The waits of the service keep no process alive; in a server, the transport does.
  const alive = setInterval(() => {}, STORE_POLL_MS);
  return {
    end: async (session, reason) => {
      const ended = await sessions.end(callerFor(session), session.id, reason);
      await removeScratch(scratchDirectoryOf(settings.stateDir), uuidOf(session.id));
      return ended;
    },
    answer: (session, given) => permissions.answer(callerFor(session), given, 'terminal'),
    send: async (session, asked) => {
      const sent = await turns.send(callerFor(session), { ...asked, sessionId: session.id });
      await turns.settled();
      return sent;
    },
    interrupt: (session, cancelQueued) =>
      turns.interrupt(callerFor(session), session.id, { cancelQueued }),
    turnNow: async (turn) => {
      await recovery.demand(turn.sessionId);
      return (await store.turn(turn.sessionId, turn.id)) ?? turn;
    },
    isServed: () => isServed(store, owners),
    close: async () => {
      clearInterval(alive);
      close();
      await store.close();
    },
  };
}

function callerFor({ principal }: Session) {
  return { principal, mcpSessionId: null };
}

function assemble(
  deps: OperatorDeps & {
    readonly store: Store;
    readonly owners: Owners;
    readonly killTree: KillTree;
  },
) {
  const ports = { clock: systemClock(), newId: randomUUID };
  // Only for new sessions, which nobody makes at a terminal.
  const runner = { trusts: async () => false, sandboxProblem: async () => undefined };
  const parts = createCore({ ...deps, ...ports, runner, leaseMs: LEASE_TIMES.leaseMs });
  const base = { ...deps, ...ports, ...parts };
  const permissions = new Permissions({
    ...base,
    // Only for a changed input, which nobody writes at a terminal.
    memoryOf: async () => undefined,
    timeoutMs: deps.settings.permissionTimeoutMs,
  });
  // Servers claim the turn, as they do with one that another server has stored.
  const scheduler = {
    claimWith: <T>(_id: string, append: (claim: undefined) => T) => append(undefined),
  };
  const turns = new Turns({ ...base, scheduler });
  const close = (): void => {
    parts.control.close();
    parts.waiters.close();
  };
  return { sessions: parts.sessions, recovery: parts.recovery, turns, permissions, close };
}

/** Whoever holds a lease or a connection is a server; its process tells whether it is alive. */
async function isServed(store: Store, owners: Owners): Promise<boolean> {
  const [leases, connections] = await Promise.all([store.leases(), store.peers.connections()]);
  const now = Date.now();
  const isAlive = (owner: string) => owners.stateOf(owner) === 'alive';
  // In another container, only the lease tells.
  const isHeld = ({ fence, until }: (typeof leases)[number]) =>
    isAlive(fence.owner) || (owners.stateOf(fence.owner) === 'unknown' && until > now);
  return leases.some(isHeld) || connections.some(({ owner }) => isAlive(owner));
}
