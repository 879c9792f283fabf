/** What never becomes a request of ours: Node would answer it with an empty body, or not at all. */

import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HTTP_HEADER_BYTES_MAX } from '../limits.ts';
import {
  bodyOf,
  HttpRefusal,
  SECURITY_HEADERS,
  sendRefusal,
  setSecurityHeaders,
  whenOver,
} from './http-reply.ts';

/** Answers broken, late and oversized requests, and methods and expectations nobody serves, with a JSON error. */
export function answerBroken(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  const note = ({ socket }: IncomingMessage, response: ServerResponse) => {
    answering.set(socket, response);
    // Connections live on, and would keep all that hangs on the answer.
    whenOver(response, () => answering.delete(socket));
  };
  server.on('request', note);
  server.on('clientError', (error, socket) => {
    // In the middle of an answer a second one would only spoil the first; what was said of it may still leave.
    if (answering.get(socket)?.headersSent) socket.end(() => socket.destroy());
    else cutWith(socket, refusalFor(error));
  });
  server.on('connect', (_request, socket) => {
    cutWith(socket, new HttpRefusal(405, 'this server is no proxy'));
  });
  server.on('checkExpectation', (request, response) => {
    note(request, response);
    setSecurityHeaders(response);
    sendRefusal(response, new HttpRefusal(417, 'only the expectation 100-continue is met'));
  });
}

function refusalFor(error: Error): HttpRefusal {
  switch ('code' in error ? error.code : undefined) {
    case 'HPE_HEADER_OVERFLOW':
      return new HttpRefusal(431, `the headers must not exceed ${HTTP_HEADER_BYTES_MAX} bytes`);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpRefusal(408, 'the request did not come in time');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new HttpRefusal(413, 'the chunk extensions are too large');
    default:
      return new HttpRefusal(400, 'this is not a valid HTTP request');
  }
}

function cutWith(socket: Duplex, refusal: HttpRefusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = bodyOf(refusal);
  const headers = {
    ...SECURITY_HEADERS,
    ...refusal.headers,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`, ...lines];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
