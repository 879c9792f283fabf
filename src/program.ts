/** The program, once the runtime is known to do: settings, the app, a transport, signals and exit codes. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { askedIn } from './command-line.ts';
import {
  callersEnvironment,
  callersFolder,
  isExtension,
  isRunByNpm,
  readSettings,
  type Settings,
} from './config.ts';
import { SessionError, SettingError } from './errors.ts';
import { SHUTDOWN_MS_MAX } from './limits.ts';
import { createLog, type Logger } from './log.ts';
import { Redactor } from './redaction.ts';
import { isForClient, type Refusal, refuse } from './refusal.ts';
import { type McpServers, secretsInServers } from './runner/mcp-servers.ts';
import { MARKER_VARIABLE } from './runner/process-table.ts';
import { secretsIn } from './secrets.ts';
import { inExtension } from './settings.ts';
import { visible } from './text.ts';
import { claimStdout } from './transport/stdio/stdout.ts';

/** Interval of the check whether npm still runs. */
const NPM_POLL_MS = 1_000;

/**
 * Runs a command line, without the name of the program.
 *
 * @param packageUrl the folder of our package
 * @returns the exit code: 0 after end of input or a signal, 2 for a bad setting, 1 for anything else
 */
export async function run(packageUrl: string, argv: readonly string[]): Promise<number> {
  try {
    const folder = resolve(fileURLToPath(packageUrl));
    const version = versionIn(folder);
    if (argv[0] === 'completion' && argv[2] === '--') return await complete(argv);
    const asked = askedIn(argv);
    if (asked === 'version') return say(version);
    if (asked !== undefined) return say((await import('./cli/help.ts')).helpAbout(asked.help));
    // The process of npm, or its shell.
    const npm = isRunByNpm(folder) ? process.ppid : undefined;
    const environment = callersEnvironment(folder);
    enter(callersFolder(folder));
    return await start(readSettings(argv, environment), { argv, version, npm });
  } catch (error) {
    return await refused(error, argv, process.stdout);
  }
}

/** What `start` is told beside the settings. */
type Circumstances = {
  readonly argv: readonly string[];
  readonly version: string;
  /** The process that the server is to end with. */
  readonly npm: number | undefined;
};

/** A process that has been imported into cannot always change its directory, and need not if npm has not started it. */
function enter(directory: string): void {
  if (directory !== process.cwd()) process.chdir(directory);
}

function refused(error: unknown, argv: readonly string[], stdout: Writable): Promise<number> {
  const { line, answer = line, exitCode } = refusalOf(error);
  const worded = isExtension() ? inExtension(answer) : answer;
  const told = isForClient(argv) ? visible(worded) : undefined;
  const streams = { stdout, stderr: process.stderr, stdin: process.stdin };
  return refuse(streams, { line: visible(line), answer: told, exitCode });
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof SettingError) return { line: error.message, exitCode: 2 };
  if (error instanceof SessionError) {
    return { line: [error.message, error.hint].filter(Boolean).join('; '), exitCode: 1 };
  }
  // A defect: its stack is shown, but not to a client.
  const [line, answer] =
    error instanceof Error ? [error.stack ?? error.message, error.message] : [String(error)];
  return { line, answer: `unexpected error: ${answer ?? line}`, exitCode: 1 };
}

async function start(settings: Settings, circumstances: Circumstances): Promise<number> {
  const { command } = settings;
  if (command === 'stdio' || command === 'http') return startServer(settings, circumstances);
  // Node's own listener prints warnings, which do not belong into the output.
  process.removeAllListeners('warning');
  if (command === 'backup') return backUp(settings);
  const { runCommand } = await import('./cli/cli.ts');
  return runCommand(command, settings);
}

/** For a shell, while somebody types: `completion SHELL -- WORD…`. */
async function complete([, shell = '', , ...words]: readonly string[]): Promise<number> {
  const { completionsOf } = await import('./cli/completion.ts');
  return say(await completionsOf(shell, words));
}

async function backUp({ stateDir, operand = '' }: Settings): Promise<number> {
  const { backUpDatabase } = await import('./store/sqlite/backup.ts');
  const file = resolve(operand);
  backUpDatabase(stateDir, file);
  return say(file);
}

/**
 * A person's own configuration of Claude Code usually names this server. Each session that uses it would start another
 * server, whose sessions would do the same.
 */
function refuseInsideSession({ environment }: Settings): void {
  if (environment[MARKER_VARIABLE] === undefined) return;
  throw new SettingError(
    `a session of claude-sessions-mcp has started this server (${MARKER_VARIABLE} is set): it does not run inside one of its own sessions`,
  );
}

async function startServer(settings: Settings, circumstances: Circumstances): Promise<number> {
  refuseInsideSession(settings);
  const { logLevel: level, logFile: file } = settings;
  const { mcpServers, secrets } = await readMcpServers(settings);
  const redactor = new Redactor([...secretsIn(settings.environment, settings.envs), ...secrets]);
  const log = createLog({ level, redactor, file });
  const stopped = untilStopped(log, circumstances.npm);
  const stdout = claimStdout(process.stdout, log, redactor);
  try {
    const { version } = circumstances;
    return await serveUntil(stopped, { settings, log, redactor, stdout, version, mcpServers });
  } catch (error) {
    return await refused(error, circumstances.argv, stdout);
  }
}

/** The operator's MCP servers, if there are any. */
async function readMcpServers({ sessionMcpConfig: file, environment }: Settings) {
  if (file === undefined) return { mcpServers: undefined, secrets: [] };
  // Loaded only here: a client on stdio waits for the start.
  const { readServerFile } = await import('./runner/mcp-server-file.ts');
  const mcpServers = await readServerFile(file, environment);
  return { mcpServers, secrets: secretsInServers(mcpServers) };
}

type Server = {
  readonly settings: Settings;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly stdout: Writable;
  readonly version: string;
  readonly mcpServers: McpServers | undefined;
};

async function serveUntil(stopped: Promise<void>, server: Server): Promise<number> {
  // The commands for people do without.
  const [{ openApp }, { serve }] = await Promise.all([import('./app.ts'), import('./serve.ts')]);
  const app = await openApp(server);
  const tell = (line: string) => process.stderr.write(`claude-sessions-mcp: ${visible(line)}\n`);
  const serving = await serve({ ...server, app, say: tell });
  keepHeapSmall();
  await Promise.race([serving.over, stopped]);
  const deadline = setTimeout(() => process.exit(0), SHUTDOWN_MS_MAX);
  await serving.close();
  await app.close();
  clearTimeout(deadline);
  return 0;
}

/**
 * A flood of output makes V8 double the space for young objects, up to 64 MiB that it never gives back. Its size after the
 * start is enough. The flag takes effect at the next collection. A V8 inside a desktop program may have its flags frozen:
 * then setting one ends the process.
 */
function keepHeapSmall(): void {
  if (process.versions.electron === undefined) {
    setFlagsFromString('--semi-space-growth-factor=1');
  }
}

/** Resolves at the first signal to stop, or when npm is gone. A fatal error ends the process at once. */
function untilStopped(log: Logger, npm: number | undefined): Promise<void> {
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
    const lookForNpm = () => process.ppid !== npm && resolve();
    if (npm !== undefined) setInterval(lookForNpm, NPM_POLL_MS).unref();
  });
}

function versionIn(folder: string): string {
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

function say(text: string): number {
  process.stdout.write(`${visible(text)}\n`);
  return 0;
}
