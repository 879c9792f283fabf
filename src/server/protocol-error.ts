/** Failures outside of tools, where the protocol has only its own errors. */

import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { type ErrorCode, failureOf, SessionError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** What the server could not do, though nothing was wrong with the request. */
const OURS: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'INTERNAL']);

/** The error to answer with. What is not meant for a caller is logged, and shown without a word of it. */
export function protocolErrorOf(error: unknown, log: Pick<Logger, 'error'>): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (!(error instanceof SessionError)) log.error({ err: error }, 'request failed');
  const { code, message, hint, retryable } = failureOf(error);
  const text = hint === undefined ? message : `${message}: ${hint}`;
  const number = OURS.has(code) ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams;
  return new ProtocolError(number, text, { code, retryable });
}

/** Runs a handler so that whatever it throws is a protocol error. */
export async function answering<T>(
  log: Pick<Logger, 'error'>,
  handle: () => T | Promise<T>,
): Promise<T> {
  try {
    return await handle();
  } catch (error) {
    throw protocolErrorOf(error, log);
  }
}
