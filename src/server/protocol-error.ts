/** Failures outside of tools, for which the protocol has only its own errors. */

import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { type ErrorCode, failureOf, SessionError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** Failures that are not the fault of the request. */
const OURS: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'INTERNAL']);

/** The error to answer with. A defect is logged, and the caller learns nothing about it. */
export function protocolErrorOf(error: unknown, log: Pick<Logger, 'error'>): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (!(error instanceof SessionError)) log.error({ err: error }, 'request failed');
  const { code, message, hint, retryable } = failureOf(error);
  const text = hint === undefined ? message : `${message}: ${hint}`;
  const number = OURS.has(code) ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams;
  return new ProtocolError(number, text, { code, retryable });
}

/** Runs a handler; whatever it throws becomes a protocol error. */
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
