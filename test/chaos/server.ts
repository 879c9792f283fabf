/**
 * One server process of a chaos run: all of the product above its two ports, the real store and the
 * real guard under them, and MCP on standard input and output. Its one argument is {@link ServerOptions}.
 */

import { randomUUID } from 'node:crypto';
import { assemble } from '../../src/app.ts';
import type { Settings } from '../../src/config.ts';
import type { LeaseTimes } from '../../src/limits.ts';
import { createLog } from '../../src/log.ts';
import { processGuard } from '../../src/runner/process.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { serveStdio } from '../../src/transport/stdio.ts';
import { ChildRunner } from './child-runner.ts';
import { type Mutant, mutated, observed } from './mutants.ts';

export type ServerOptions = {
  readonly runId: string;
  readonly stateDirectory: string;
  readonly workDirectory: string;
  readonly witnessDirectory: string;
  readonly logFile: string;
  readonly maxLive: number;
  readonly idleEvictMs: number;
  readonly leaseTimes: LeaseTimes;
  readonly mutant: Mutant;
};

async function main(options: ServerOptions): Promise<void> {
  const { stateDirectory: directory, leaseTimes, logFile, witnessDirectory, runId } = options;
  const log = createLog({ level: 'warn', file: logFile });
  const fatal = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error, the server stops');
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  const { leaseMs } = leaseTimes;
  const store = await openSqliteStore({ directory, leaseMs, log });
  const ports = mutated(options.mutant, observed(store, log));
  const runner = new ChildRunner({ guard: processGuard(), witnessDirectory, runId });
  const settings = settingsOf(options);
  const app = await assemble({ settings, log, version: '0.0.0', runner, leaseTimes, ...ports });
  const stdio = serveStdio({
    connections: app.connections,
    caller: { principal: 'local', mcpSessionId: `stdio_${randomUUID()}` },
    stdin: process.stdin,
    stdout: process.stdout,
    log,
  });
  await stdio.closed;
  await app.close();
  process.exit(0);
}

function settingsOf(options: ServerOptions): Settings {
  const { stateDirectory, workDirectory, maxLive, idleEvictMs } = options;
  return {
    command: 'stdio',
    stateDir: stateDirectory,
    roots: [workDirectory],
    defaultDirectory: workDirectory,
    claudePath: undefined,
    maxLive,
    maxSessions: 10_000,
    idleEvictMs,
    sessionTtlMs: 604_800_000,
    retainMs: 2_592_000_000,
    permissionTimeoutMs: 1_800_000,
    allowBypassPermissions: false,
    logLevel: 'warn',
    logFile: undefined,
    host: '127.0.0.1',
    port: 0,
    httpMode: 'sessions',
    tokenFile: undefined,
    noAuth: false,
    allowedHosts: [],
    allowedOrigins: [],
    publicUrl: undefined,
    authServers: [],
    rateLimit: 500,
    maxSessionsPerPrincipal: 100_000,
    environment: {},
  };
}

await main(JSON.parse(process.argv[2] ?? '{}'));
