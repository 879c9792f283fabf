/** Reads the body of a POST within bounds. Nothing is kept of a body that is refused. */

import type { IncomingMessage } from 'node:http';
import { isJsonContentType } from '@modelcontextprotocol/server';
import { MESSAGE_BYTES_MAX } from '../limits.ts';
import { HttpRefusal } from './http-reply.ts';
import { BadMessage, readObject } from './message.ts';

/**
 * The JSON object of a POST. Throws HttpRefusal: 415 for anything but plain JSON, 413 over MESSAGE_BYTES_MAX,
 * 400 for what is no JSON object, too deep or too wide. Rejects with the stream's error when the client goes away.
 */
export async function readJsonObject(request: IncomingMessage): Promise<object> {
  checkType(request);
  if (Number(request.headers['content-length']) > MESSAGE_BYTES_MAX) throw tooLarge();
  const bytes = await readBytes(request);
  return refusing(() => readObject(bytes));
}

/** What `read` returns; HttpRefusal 400 for a BadMessage. */
export function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadMessage)) throw error;
    const { code, message, id } = error;
    throw new HttpRefusal(400, message, { code, ...(id !== undefined && { id }) });
  }
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
      if (size <= MESSAGE_BYTES_MAX) return;
      chunks.length = 0;
      request.removeAllListeners('data');
      reject(tooLarge());
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}

function tooLarge(): HttpRefusal {
  return new HttpRefusal(413, `the body must not be larger than ${MESSAGE_BYTES_MAX} bytes`);
}
