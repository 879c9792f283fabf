/**
 * One server process of a chaos run: all of the product above its two ports, the real store and the
 * real guard under them, and MCP on standard input and output. Its first argument is {@link ServerOptions}, flags follow.
 */

import { randomUUID } from 'node:crypto';
import { assemble } from '../../src/app.ts';
import { readSettings } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import type { LeaseTimes } from '../../src/process-limits.ts';
import { processesOf } from '../../src/runner/processes.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { serveStdio } from '../../src/transport/stdio/stdio.ts';
import { ChildRunner } from './child-runner.ts';
import { type Mutant, mutated, observed } from './mutants.ts';

export type ServerOptions = {
  readonly witnessDirectory: string;
  readonly leaseTimes: LeaseTimes;
  readonly mutant: Mutant;
};

async function main(options: ServerOptions): Promise<void> {
  const { leaseTimes, mutant, witnessDirectory } = options;
  const settings = readSettings(process.argv.slice(3));
  const log = createLog({ level: settings.logLevel, file: settings.logFile });
  const fatal = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error, the server stops');
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  const { leaseMs } = leaseTimes;
  const store = await openSqliteStore({ directory: settings.stateDir, leaseMs, log });
  const processes = processesOf(settings);
  const ports = mutated(mutant, observed(store, log), processes.killTree);
  const runner = new ChildRunner(witnessDirectory, processes, log);
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

await main(JSON.parse(process.argv[2] ?? '{}'));
