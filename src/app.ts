/** The composition root: the only file that constructs adapters and ties the rooms together. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { v4 as uuid } from 'uuid';
import type { Settings } from './config.ts';
import type { Logger } from './log.ts';
import { createClaudeRunner } from './runner/claude.ts';
import type { Runner } from './runner/runner.ts';
import { createServer } from './server.ts';
import { LeaseKeeper } from './service/lease-keeper.ts';
import { Permissions } from './service/permissions.ts';
import { Presence } from './service/presence.ts';
import { Reader } from './service/reader.ts';
import { Scheduler } from './service/scheduler.ts';
import type { Service } from './service/service.ts';
import { Sessions } from './service/sessions.ts';
import { Turns } from './service/turns.ts';
import { Waiters } from './service/waiters.ts';
import { openSqliteStore } from './store/sqlite.ts';
import type { Store } from './store/store.ts';
import type { Connections } from './transport/connections.ts';

export type App = {
  readonly connections: Connections;
  readonly service: Service;
  /** Stops every session's process and closes the store; sessions stay and resume later. */
  close(): Promise<void>;
};

export type AppDeps = {
  readonly settings: Settings;
  readonly log: Logger;
  readonly version: string;
};

/** Opens the state directory and gets ready to serve. Throws SessionError when it cannot be used. */
export async function openApp(deps: AppDeps): Promise<App> {
  const { settings, log } = deps;
  const store = await openSqliteStore({ directory: settings.stateDir, log });
  const scratchDirectory = join(settings.stateDir, 'tmp');
  mkdirSync(scratchDirectory, { recursive: true, mode: 0o700 });
  const runner = createClaudeRunner({
    environment: settings.environment,
    ...(settings.claudePath !== undefined && { claudePath: settings.claudePath }),
    scratchDirectory,
    newId: uuid,
    log,
  });
  return assemble({ ...deps, store, runner });
}

/** Everything above the two ports; tests give their own. */
export function assemble(deps: AppDeps & { readonly store: Store; readonly runner: Runner }): App {
  const { settings, log, store, version } = deps;
  const owner = uuid();
  const startedAt = performance.now();
  const presence = new Presence();
  const leaving = new Set<Promise<void>>();
  const waiters = new Waiters(store);
  const permissions = new Permissions({
    store,
    waiters,
    now: Date.now,
    newId: uuid,
    log,
    timeoutMs: settings.permissionTimeoutMs,
  });
  const scheduler = new Scheduler({
    store,
    runner: deps.runner,
    owner,
    maxLive: settings.maxLive,
    idleEvictMs: settings.idleEvictMs,
    now: Date.now,
    newId: uuid,
    log,
    ask: (live, ask, signal) => permissions.ask(live, ask, signal),
  });
  const leases = new LeaseKeeper({
    store,
    owner,
    log,
    monotonic: () => performance.now(),
    live: () => scheduler.liveSessions(),
  });
  const sessions = new Sessions({
    store,
    scheduler,
    presence,
    now: Date.now,
    newId: uuid,
    roots: settings.roots,
    defaultDirectory: settings.defaultDirectory,
    maxSessions: settings.maxSessions,
    allowBypassPermissions: settings.allowBypassPermissions,
  });
  const service: Service = {
    sessions,
    turns: new Turns({ store, sessions, scheduler, presence, newId: uuid }),
    permissions,
    reader: new Reader(store, waiters),
    uptimeMs: () => Math.round(performance.now() - startedAt),
  };
  scheduler.poke();
  return {
    service,
    connections: connectionsOf({ service, log, version, presence, leaving }),
    close: async () => {
      waiters.close();
      await Promise.all(leaving);
      await scheduler.close();
      leases.close();
      await store.close();
    },
  };
}

type ConnectionDeps = {
  readonly service: Service;
  readonly log: Logger;
  readonly version: string;
  readonly presence: Presence;
  /** What the ends of MCP sessions still have to do. */
  readonly leaving: Set<Promise<void>>;
};

function connectionsOf(deps: ConnectionDeps): Connections {
  const { service, log, version, presence, leaving } = deps;
  return {
    createServer: (caller) => createServer(caller, { service, log, version }),
    opened: ({ mcpSessionId }) => {
      if (mcpSessionId !== null) presence.opened(mcpSessionId);
    },
    closed: (caller) => {
      if (caller.mcpSessionId !== null) presence.closed(caller.mcpSessionId);
      const left = service.turns.disconnected(caller).catch((error: unknown) => {
        log.error({ err: error }, 'sessions of a closed MCP session could not be settled');
      });
      leaving.add(left);
      void left.then(() => leaving.delete(left));
    },
  };
}
