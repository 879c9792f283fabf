/** The composition root of a server: constructs the adapters and connects the rooms. */

import { randomUUID as newId, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './config.ts';
import { FormBoard } from './forms/board.ts';
import type { Logger } from './log.ts';
import { LEASE_TIMES, type LeaseTimes } from './process-limits.ts';
import type { Redactor } from './redaction.ts';
import { guardingOnDemand } from './runner/guarding.ts';
import type { McpServers } from './runner/mcp-servers.ts';
import { memoryOf, placesOf } from './runner/memory.ts';
import { runnerOnDemand } from './runner/on-demand.ts';
import { createOwners } from './runner/owners.ts';
import { systemOf } from './runner/process-table.ts';
import { processesOf } from './runner/processes.ts';
import type { Runner } from './runner/runner.ts';
import { scratchDirectoryOf } from './runner/scratch.ts';
import { SessionEnvironment } from './runner/session-environment.ts';
import { createServer } from './server/server.ts';
import { followResources } from './server/subscriptions.ts';
import type { Reword } from './server/wording.ts';
import { attachmentFiles } from './service/attachments.ts';
import type { Caller } from './service/caller.ts';
import { Changes } from './service/changes.ts';
import { type Clock, systemClock } from './service/clock.ts';
import { createCore, type Parts } from './service/core.ts';
import { followChanges } from './service/followed.ts';
import { Housekeeper } from './service/housekeeper.ts';
import { LeaseKeeper } from './service/lease-keeper.ts';
import { Permissions } from './service/permissions.ts';
import { Reader } from './service/reader.ts';
import { RollCall } from './service/roll-call.ts';
import { Scheduler } from './service/scheduler.ts';
import type { Service } from './service/service.ts';
import { startRun } from './service/start-run.ts';
import { Turns } from './service/turns.ts';
import { unfinishedFiles } from './service/unfinished.ts';
import type { ProcessIdentity } from './session/process.ts';
import { inExtension } from './settings.ts';
import { DATABASE_FILE } from './store/sqlite/files.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { Store } from './store/store.ts';
import { createJournal } from './telemetry/journal.ts';
import type { Prometheus } from './telemetry/prometheus.ts';
import { NO_TELEMETRY, type Telemetry } from './telemetry/telemetry.ts';
import { startTimer } from './timer.ts';
import type { Connections } from './transport/connections.ts';
import type { Figures } from './transport/http/routes.ts';
import { TOKEN_FILE } from './transport/http/token-file.ts';

export type App = {
  readonly connections: Connections;
  readonly service: Service;
  /** The metrics for Prometheus, if they are collected. */
  readonly figures?: Figures;
  /** Ends every session's process and closes the store. The sessions can be resumed later. */
  close(): Promise<void>;
};

export type AppDeps = {
  readonly settings: Settings;
  readonly log: Logger;
  readonly version: string;
  /** The operator's, if a file with them was given. */
  readonly mcpServers?: McpServers | undefined;
};

export type Ports = {
  readonly store: Store;
  readonly runner: Runner;
  /** Kills a process and everything it started, if it is still the same one. */
  killTree(process: ProcessIdentity): Promise<boolean>;
  readonly telemetry?: Telemetry;
  readonly clock?: Clock;
  readonly leaseTimes?: LeaseTimes;
  /** Measures how long a form may hold a wait. */
  readonly formTimer?: typeof startTimer;
};

/** Opens the state directory and prepares to serve. Throws SessionError if the directory cannot be used. */
export async function openApp(deps: AppDeps & { readonly redactor: Redactor }): Promise<App> {
  const { settings, log, redactor } = deps;
  const store = await openSqliteStore({ directory: settings.stateDir, log });
  const scratchDirectory = scratchDirectoryOf(settings.stateDir);
  mkdirSync(scratchDirectory, { recursive: true, mode: 0o700 });
  const processes = processesOf(settings);
  const { killTree } = processes;
  const guarding = guardingOnDemand({ ...processes, log });
  const environment = new SessionEnvironment({
    environment: settings.environment,
    named: settings.envs,
    choice: settings.loginEnv,
    isStdio: settings.command === 'stdio',
    guarding,
    system: processes.finder.system,
    newId,
    redactor,
    log,
  });
  const runner = runnerOnDemand(environment, {
    processes,
    guarding,
    named: settings.envs,
    claudePath: settings.claudePath,
    scratchDirectory,
    stateDirectory: settings.stateDir,
    secretFiles: secretFilesOf(settings),
    mcpServers: deps.mcpServers ?? new Map(),
    newId,
    redactor,
    log,
  });
  const app = await assembleFor({ ...deps, store, runner, killTree });
  // Once the transport listens, so that no client waits for it.
  setImmediate(() => void environment.read());
  return {
    ...app,
    close: async () => {
      await Promise.all([app.close(), environment.close()]);
    },
  };
}

async function assembleFor(deps: AppDeps & Ports): Promise<App> {
  const { settings, store } = deps;
  if (settings.command !== 'http') return assemble(deps);
  // Loaded only for HTTP: nobody scrapes a server on stdio, whose client waits for the start.
  const { Prometheus } = await import('./telemetry/prometheus.ts');
  const telemetry = new Prometheus(deps.version);
  const app = await assemble({ ...deps, telemetry });
  return { ...app, figures: figuresOf(telemetry, store, settings.maxLive) };
}

function secretFilesOf({ stateDir, tokenFile, sessionMcpConfig }: Settings): readonly string[] {
  const names = [TOKEN_FILE, `${DATABASE_FILE}*`].map((name) => join(stateDir, name));
  const own = [...names, unfinishedFiles(stateDir), attachmentFiles(stateDir)];
  return [...own, tokenFile, sessionMcpConfig].filter((file) => file !== undefined);
}

function figuresOf(prometheus: Prometheus, store: Store, maxLive: number): Figures {
  return {
    contentType: prometheus.contentType,
    text: async () => {
      const [totals, leases] = await Promise.all([store.totals(), store.leases()]);
      return prometheus.text({ totals, liveProcesses: leases.length, maxLive });
    },
  };
}

/** An input changed by a caller is shown unredacted: it consists of the caller's own words. */
function asGiven(text: string): string {
  return text;
}

/** Builds everything above the ports; tests pass their own ports. */
export async function assemble(deps: AppDeps & Ports): Promise<App> {
  const { log, store, version } = deps;
  const settings = {
    ...deps.settings,
    mcpServerNames: deps.mcpServers && [...deps.mcpServers.keys()],
  };
  const clock = deps.clock ?? systemClock();
  const startedAt = clock.monotonic();
  const owners = createOwners(newId(), systemOf(process.platform, settings.isPortable));
  const leaseTimes = deps.leaseTimes ?? LEASE_TIMES;
  const telemetry = deps.telemetry ?? NO_TELEMETRY;
  store.observe({ committed: createJournal(log) });
  store.observe({ committed: (commit) => telemetry.committed(commit) });
  const ports = { ...deps, settings, clock, owners, newId };
  const parts = createCore({ ...ports, leaseMs: leaseTimes.leaseMs });
  const base = { ...parts, ...ports };
  const { presence, waiters, sessions, control } = parts;
  const permissions = new Permissions({
    ...base,
    memoryOf: (toolName, input, directories) =>
      memoryOf(toolName, input, placesOf(directories, settings.environment), asGiven),
    timeoutMs: settings.permissionTimeoutMs,
  });
  const scheduler = new Scheduler({
    ...base,
    ...settings,
    start: (session, listener, how) =>
      startRun(session, listener, { ...ports, ...settings, ...how }),
    ask: (process, ask, signal) => permissions.ask(process, ask, signal),
  });
  const leases = new LeaseKeeper({ ...base, leaseTimes });
  const turns = new Turns({ ...base, scheduler });
  const housekeeper = new Housekeeper({
    ...base,
    ...settings,
    rollCall: new RollCall({ ...base, leaseMs: leaseTimes.leaseMs }),
    disconnected: (caller) => turns.disconnected(caller),
  });
  store.observe({ committed: (commit) => housekeeper.committed(commit) });
  const changes = new Changes(base);
  const unfollow = followChanges(base);
  const service: Service = {
    sessions,
    turns,
    permissions,
    reader: new Reader(base),
    changes,
    now: () => clock.now(),
    uptimeMs: () => Math.round(clock.monotonic() - startedAt),
  };
  await begin({ store, housekeeper, scheduler });
  const transport = settings.command === 'http' ? 'http' : 'stdio';
  sayRunning(store.peers.joined({ owner: owners.self, transport, since: clock.now() }), log);
  const leaving = new Set<Promise<void>>();
  return {
    service,
    connections: connectionsOf({
      ...{ service, log, telemetry, version, presence, leaving },
      reword: settings.isExtension ? inExtension : undefined,
      formTimer: deps.formTimer ?? startTimer,
    }),
    close: async () => {
      housekeeper.close();
      control.close();
      unfollow();
      // Turns first: from here on, Claude gets no answer with which it could continue.
      const stopped = scheduler.close();
      changes.close();
      waiters.close();
      await Promise.all([...leaving, stopped]).then(() => housekeeper.settled());
      leases.close();
      store.peers.left(owners.self).catch(() => {});
      await store.close();
    },
  };
}

/** For people only: nobody waits for it. */
function sayRunning(said: Promise<unknown>, log: Logger): void {
  said.catch((error: unknown) => {
    log.debug({ err: error }, 'failed to say that this server runs');
  });
}

type Beginning = {
  readonly store: Store;
  readonly housekeeper: Housekeeper;
  readonly scheduler: Scheduler;
};

/** Takes over from servers that are gone, and starts to run turns. */
async function begin({ store, housekeeper, scheduler }: Beginning): Promise<void> {
  await housekeeper.sweep();
  scheduler.follow();
  // A server that lives shorter than it takes to tidy up must not leave them either.
  void housekeeper.removeAttachments();
  store.observe({ reopened: () => void housekeeper.settle() });
}

type ConnectionDeps = {
  readonly service: Service;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly version: string;
  readonly reword: Reword | undefined;
  readonly presence: Parts['presence'];
  /** The cleanups after MCP sessions that are in progress. */
  readonly leaving: Set<Promise<void>>;
  readonly formTimer: typeof startTimer;
};

function connectionsOf(deps: ConnectionDeps): Connections {
  const { service, log, telemetry, version, reword, presence, leaving, formTimer } = deps;
  const settle = (work: Promise<void>): void => {
    const settled = work.catch((error: unknown) => {
      log.error({ err: error }, 'failed to clean up after an MCP session');
    });
    leaving.add(settled);
    void settled.then(() => leaving.delete(settled));
  };
  const leave = async (caller: Caller, mcpSessionId: string): Promise<void> => {
    try {
      await service.turns.disconnected(caller);
    } finally {
      // Otherwise it would hold a session that could not be stopped forever.
      await presence.finishDisconnect(mcpSessionId);
    }
  };
  const forms = { board: new FormBoard(formTimer), key: randomBytes(32), newId };
  return {
    createServer: (caller, ending) =>
      createServer(caller, { service, log, telemetry, version, reword, forms, ending }),
    follow: (caller, notify) => followResources(service, caller, notify),
    opened: ({ mcpSessionId }) => mcpSessionId !== null && presence.connected(mcpSessionId),
    present: ({ mcpSessionId }) => mcpSessionId !== null && presence.markActive(mcpSessionId),
    away: ({ mcpSessionId }) => mcpSessionId !== null && settle(presence.markIdle(mcpSessionId)),
    closed: (caller) => caller.mcpSessionId !== null && settle(leave(caller, caller.mcpSessionId)),
  };
}
