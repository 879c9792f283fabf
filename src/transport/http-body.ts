/** Reads the body of a POST within bounds. Nothing is kept of a body that is refused. */

import type { IncomingMessage } from 'node:http';
import { isJsonContentType } from '@modelcontextprotocol/server';
import { HTTP_BODIES_BYTES_MAX, HTTP_LINGER_MS, MESSAGE_BYTES_MAX } from '../limits.ts';
import { GatheredBytes } from './gathered-bytes.ts';
import { HttpRefusal, limitExceeded } from './http-reply.ts';
import { BadMessage, readObject } from './message.ts';

/** The bodies of a server: each of them is bounded, and so is what is held of all that are coming in. */
export class HttpBodies {
  #bytes = 0;

  /**
   * The JSON object of a POST. Throws HttpRefusal: 415 for anything but plain JSON, 413 over MESSAGE_BYTES_MAX, 400 for
   * what is no JSON object, too deep or too wide, 429 while all bodies hold HTTP_BODIES_BYTES_MAX. Rejects with the
   * stream's error when the client goes away.
   */
  async readObject(request: IncomingMessage): Promise<object> {
    checkType(request);
    if (Number(request.headers['content-length']) > MESSAGE_BYTES_MAX) throw tooLarge();
    const body = new GatheredBytes();
    try {
      await this.#gather(request, body);
    } finally {
      this.#bytes -= body.length;
    }
    return refusing(() => readObject(body.take()));
  }

  #gather(request: IncomingMessage, body: GatheredBytes): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (refusal: HttpRefusal) => {
        request.removeAllListeners('data');
        reject(refusal);
      };
      request.on('data', (piece: Buffer) => {
        if (body.length + piece.length > MESSAGE_BYTES_MAX) return refuse(tooLarge());
        if (this.#bytes + piece.length > HTTP_BODIES_BYTES_MAX) return refuse(tooMany());
        this.#bytes += piece.length;
        body.add(piece);
      });
      request.once('end', resolve);
      request.once('error', reject);
      request.once('close', () => {
        // A client that leaves in the middle: no more than this may be heard of it.
        if (!request.readableEnded) reject(new Error('the client has gone'));
      });
    });
  }
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

function tooLarge(): HttpRefusal {
  return new HttpRefusal(413, `the body must not be larger than ${MESSAGE_BYTES_MAX} bytes`);
}

function tooMany(): HttpRefusal {
  return limitExceeded('too many large requests are coming in', { afterMs: HTTP_LINGER_MS });
}
