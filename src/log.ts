/** Logs are JSON lines on standard error or in a file. Standard output belongs to MCP. */

import { appendFileSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DestinationStream, type Logger, pino } from 'pino';
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
  /** Applied to every line: it may hold an error of a library, or what Claude Code wrote. */
  readonly redactor?: Redactor;
};

/**
 * A log that writes at once, so that the last line before a crash is there. The file is created 0600, its folder 0700.
 * Logging never throws: a line that cannot be written (the disk is full) is lost.
 *
 * @throws SessionError UNAVAILABLE if the file cannot be opened
 */
export function createLog({ level, file, redactor = new Redactor([]) }: LogOptions): Logger {
  // Without a listener, the end of whoever reads standard error would end the server.
  process.stderr.on('error', () => {});
  if (file === undefined) return loggerTo(redacted(redactor, STANDARD_ERROR), level);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return loggerTo(redacted(redactor, fileStream(openSync(file, 'a', 0o600))), level);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : 'unknown reason';
    const message = `the log file ${file} cannot be written: ${reason}`;
    throw new SessionError('UNAVAILABLE', message, { hint: 'name another --log-file.', cause });
  }
}

export function loggerTo(stream: DestinationStream, level: LogLevel): Logger {
  return pino({ level, base: { name: 'claude-sessions-mcp', pid: process.pid } }, stream);
}

/** Drops lines while too many wait: a client that never reads standard error must not stop the server. */
const STANDARD_ERROR: DestinationStream = {
  write: (line) => {
    if (process.stderr.writableLength < LOG_WAITING_BYTES_MAX) process.stderr.write(line);
  },
};

function fileStream(fd: number): DestinationStream {
  let isCut = false;
  return {
    write: (line) => {
      const whole = isCut ? `\n${line}` : line;
      isCut = true;
      appendFileSync(fd, whole);
      isCut = false;
    },
  };
}

function redacted(redactor: Redactor, stream: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      try {
        stream.write(escapedJson(redactedLine(redactor, line)));
      } catch {
        // There is nowhere to report it, and the server must go on.
      }
    },
  };
}

/** Stays JSON: a credential of digits may be in a number, and one with quotes may span two members. */
function redactedLine(redactor: Redactor, line: string): string {
  if (redactor.text(line) === line) return line;
  return `${JSON.stringify(redactor.value(JSON.parse(line)))}\n`;
}
