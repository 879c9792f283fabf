/** Reads the body of a POST within bounds. Nothing is kept of a body that is refused. */

import type { IncomingMessage } from 'node:http';
import { isJsonContentType } from '@modelcontextprotocol/server';
import {
  HTTP_BODY_BYTES_MAX,
  HTTP_LINGER_MS,
  TOOL_INPUT_DEPTH_MAX,
  TOOL_INPUT_ELEMENTS_MAX,
} from '../limits.ts';
import { HttpRefusal, INVALID_REQUEST, PARSE_ERROR } from './http-reply.ts';
import { shapeProblem } from './json-shape.ts';

/**
 * Of the whole message, whatever its kind: wide enough for any tool input within its own bounds, narrow enough for
 * parsing to be cheap and for `JSON.stringify` not to overflow the stack.
 */
export const MESSAGE_BOUNDS = {
  depthMax: 2 * TOOL_INPUT_DEPTH_MAX,
  elementsMax: 4 * TOOL_INPUT_ELEMENTS_MAX,
};

/**
 * The JSON object of a POST. Throws HttpRefusal: 415 for anything but plain JSON, 413 over HTTP_BODY_BYTES_MAX,
 * 400 for what is no JSON object, too deep or too wide. Rejects with the stream's error when the client goes away.
 */
export async function readJsonObject(request: IncomingMessage): Promise<object> {
  checkType(request);
  if (Number(request.headers['content-length']) > HTTP_BODY_BYTES_MAX) throw tooLarge(request);
  const bytes = await readBytes(request);
  const problem = shapeProblem(bytes, MESSAGE_BOUNDS);
  if (problem !== undefined) {
    throw new HttpRefusal(400, `the message is ${problem}`, { code: INVALID_REQUEST });
  }
  return checkObject(parse(bytes));
}

function checkType({ headers }: IncomingMessage): void {
  if (!isJsonContentType(headers['content-type'])) {
    throw new HttpRefusal(415, 'the Content-Type must be application/json');
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new HttpRefusal(415, 'the body must not be compressed');
  }
}

function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= HTTP_BODY_BYTES_MAX) return;
      chunks.length = 0;
      request.removeAllListeners('data');
      reject(tooLarge(request));
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}

// Cut at once, the client would see a reset instead of the answer; so the rest is swallowed for a moment.
function tooLarge(request: IncomingMessage): HttpRefusal {
  request.resume();
  const cut = setTimeout(() => request.destroy(), HTTP_LINGER_MS);
  request.once('close', () => clearTimeout(cut));
  return new HttpRefusal(413, `the body must not be larger than ${HTTP_BODY_BYTES_MAX} bytes`);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new HttpRefusal(400, 'the body is not valid JSON in UTF-8', { code: PARSE_ERROR });
  }
}

function checkObject(value: unknown): object {
  if (Array.isArray(value)) {
    throw new HttpRefusal(400, 'batches are not served; send one message a request', {
      code: INVALID_REQUEST,
    });
  }
  if (typeof value !== 'object' || value === null) {
    throw new HttpRefusal(400, 'the body must be a JSON-RPC message', { code: INVALID_REQUEST });
  }
  return value;
}
