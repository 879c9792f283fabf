#!/usr/bin/env node
/** The program: settings, the app, a transport, signals and exit codes. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { usage } from './commands.ts';
import { callersFolder, isRunByNpm, nodeProblem, readSettings, type Settings } from './config.ts';
import { SessionError, SettingError } from './errors.ts';
import { SHUTDOWN_MS_MAX } from './limits.ts';
import { createLog, type Logger } from './log.ts';
import { Redactor } from './redaction.ts';
import { secretsIn } from './secrets.ts';
import { visible } from './text.ts';
import { claimStdout } from './transport/stdio/stdout.ts';

/** The folder of the package. Only this file is as deep in the build as in the sources. */
const OWN_FOLDER = join(import.meta.dirname, '..');

/** Interval of the check whether npm still runs. */
const NPM_POLL_MS = 1_000;

/** The process of npm, or its shell, if npm runs us. */
const NPM_PID = isRunByNpm(OWN_FOLDER) ? process.ppid : undefined;

/** 0 after end of input or a signal, 2 for a bad setting, 1 for anything else. */
async function main(): Promise<number> {
  const problem = nodeProblem(process.version);
  if (problem !== undefined) return complain(problem, 1);
  process.chdir(callersFolder(OWN_FOLDER));
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) return say(usage());
  if (argv.includes('--version')) return say(packageVersion());
  try {
    return await start(readSettings(argv));
  } catch (error) {
    if (error instanceof SettingError) return complain(error.message, 2);
    if (error instanceof SessionError) {
      return complain([error.message, error.hint].filter(Boolean).join('; '), 1);
    }
    // A defect: its stack is shown, with control characters made visible.
    return complain(error instanceof Error ? (error.stack ?? error.message) : String(error), 1);
  }
}

async function start(settings: Settings): Promise<number> {
  const { command } = settings;
  if (command === 'stdio' || command === 'http') return run(settings);
  // SQLite has one on Node 22, which does not belong into the output.
  process.removeAllListeners('warning');
  if (command === 'backup') return backUp(settings);
  const { runCommand } = await import('./cli/cli.ts');
  return runCommand(command, settings);
}

async function backUp({ stateDir, operand = '' }: Settings): Promise<number> {
  const { backUpDatabase } = await import('./store/sqlite/backup.ts');
  const file = resolve(operand);
  backUpDatabase(stateDir, file);
  return say(file);
}

async function run(settings: Settings): Promise<number> {
  const { logLevel: level, logFile: file } = settings;
  const redactor = new Redactor(secretsIn(settings.environment));
  const log = createLog({ level, redactor, file });
  const stopped = untilStopped(log);
  const stdout = claimStdout(process.stdout, log, redactor);
  // Imported late: this file must run on a Node whose SQLite we cannot use.
  const [{ openApp }, { serve }] = await Promise.all([import('./app.ts'), import('./serve.ts')]);
  const app = await openApp({ settings, log, redactor, version: packageVersion() });
  const tell = (line: string) => void complain(line, 0);
  const serving = await serve({ settings, app, log, redactor, stdout, say: tell });
  // A flood of output makes V8 double the space for young objects, up to 64 MiB that it never gives back. Its size after
  // the start is enough. The flag takes effect at the next collection.
  setFlagsFromString('--semi-space-growth-factor=1');
  await Promise.race([serving.over, stopped]);
  const deadline = setTimeout(() => process.exit(0), SHUTDOWN_MS_MAX);
  await serving.close();
  await app.close();
  clearTimeout(deadline);
  return 0;
}

/** Resolves at the first signal to stop, or when npm is gone. A fatal error ends the process at once. */
function untilStopped(log: Logger): Promise<void> {
  const fatal = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error, server stops');
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  // Node would print its warnings as plain text between the log's lines.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn({ err: warning }, 'Node.js warning'));
  process.on('unhandledRejection', fatal);
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve());
    }
    // npm does not forward SIGHUP and SIGKILL, but if it ends, the server is to end too.
    const lookForNpm = () => process.ppid !== NPM_PID && resolve();
    if (NPM_PID !== undefined) setInterval(lookForNpm, NPM_POLL_MS).unref();
  });
}

function packageVersion(): string {
  const text = readFileSync(join(OWN_FOLDER, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

function say(text: string): number {
  process.stdout.write(`${visible(text)}\n`);
  return 0;
}

function complain(line: string, exitCode: number): number {
  process.stderr.write(`claude-sessions-mcp: ${visible(line)}\n`);
  return exitCode;
}

process.exit(await main());
