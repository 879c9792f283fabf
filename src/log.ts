/** Logs are JSON lines on standard error or in a file; standard output belongs to MCP. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { SessionError } from './errors.ts';
import { LOG_WAITING_BYTES_MAX } from './limits.ts';
import { Redactor } from './redaction.ts';
import { escapedJson } from './text.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export type { Logger };

type LogOptions = {
  readonly level: LogLevel;
  readonly file?: string;
  /** Looks at every line: an error of a library, what Claude Code wrote as it failed. */
  readonly redactor?: Redactor;
};

/**
 * Writes at once, so that the last line before a crash is there. The file is made 0600, its folder 0700.
 *
 * @throws SessionError UNAVAILABLE where the file cannot be written
 */
export function createLog({ level, file, redactor = new Redactor([]) }: LogOptions): Logger {
  if (file === undefined) return loggerTo(redacted(redactor, standardError()), level);
  try {
    // Not left to pino: this may be the state directory, and pino would open it to everyone.
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const stream = destination({ dest: file, sync: true, mode: 0o600 });
    return loggerTo(redacted(redactor, stream), level);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : 'unknown reason';
    const message = `the log file ${file} cannot be written: ${reason}`;
    throw new SessionError('UNAVAILABLE', message, { hint: 'name another --log-file.', cause });
  }
}

export function loggerTo(stream: DestinationStream, level: LogLevel): Logger {
  return pino({ level, base: { name: 'claude-sessions-mcp', pid: process.pid } }, stream);
}

/** A client that never reads standard error must not stop the server: past a bound, lines are dropped. */
function standardError(): DestinationStream {
  // Nobody is left to be told of a broken pipe.
  process.stderr.on('error', () => {});
  return {
    write: (line) => {
      if (process.stderr.writableLength < LOG_WAITING_BYTES_MAX) process.stderr.write(line);
    },
  };
}

function redacted(redactor: Redactor, stream: DestinationStream): DestinationStream {
  return { write: (line) => stream.write(escapedJson(redactedLine(redactor, line))) };
}

/** Still JSON: a credential of digits may stand in a number, and one with quotes over two members. */
function redactedLine(redactor: Redactor, line: string): string {
  if (redactor.text(line) === line) return line;
  return `${JSON.stringify(redactor.value(JSON.parse(line)))}\n`;
}
