/** Reads the body of a POST within bounds, and keeps nothing of a body that is refused. */

import type { IncomingMessage } from 'node:http';
import { isJsonContentType } from '@modelcontextprotocol/server';
import {
  HTTP_BODIES_BYTES_MAX,
  HTTP_LINGER_MS,
  MESSAGE_BYTES_MAX,
} from '../../connection-limits.ts';
import { GatheredBytes } from '../gathered-bytes.ts';
import { BadMessage, readObject } from '../message.ts';
import { HttpRefusal, limitExceeded } from './reply.ts';

/** The bodies that a server is receiving. Each is bounded, and so are all of them together. */
export class HttpBodies {
  #bytes = 0;

  /**
   * The JSON object of a POST. Throws HttpRefusal: 415 for anything but plain JSON, 413 over MESSAGE_BYTES_MAX, 400 if it
   * is not a JSON object, or too deep or too wide, 429 while all bodies hold HTTP_BODIES_BYTES_MAX. Rejects with the
   * stream's error if the client goes away.
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
        // If the client leaves halfway, there may be no other event.
        if (!request.readableEnded) reject(new Error('the client has gone'));
      });
    });
  }
}

/** What `read` returns; turns a BadMessage into HttpRefusal 400. */
export function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadMessage)) throw error;
    const { code, message, id } = error;
    throw new HttpRefusal(400, message, { code, id });
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
  return new HttpRefusal(413, `the body must not exceed ${MESSAGE_BYTES_MAX} bytes`);
}

function tooMany(): HttpRefusal {
  return limitExceeded('too many large requests at once', { afterMs: HTTP_LINGER_MS });
}
