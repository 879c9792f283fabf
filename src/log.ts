/** Logs are JSON lines on standard error or in a file; standard output belongs to MCP. */

import { type DestinationStream, destination, type Logger, pino } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export type { Logger };

type LogOptions = { readonly level: LogLevel; readonly file?: string };

/** Writes synchronously, so that the last line before a crash is there. The file is made 0600. */
export function createLog(options: LogOptions): Logger {
  return loggerTo(
    options.file === undefined
      ? destination({ fd: 2, sync: true })
      : destination({ dest: options.file, sync: true, mkdir: true, mode: 0o600 }),
    options.level,
  );
}

export function loggerTo(stream: DestinationStream, level: LogLevel): Logger {
  return pino({ level, base: { name: 'claude-sessions-mcp', pid: process.pid } }, stream);
}
