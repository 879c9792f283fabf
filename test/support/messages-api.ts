/**
 * A stand-in of the Anthropic Messages API on loopback, so that tests run the real Claude Code without a network.
 * What it answers is written in the prompt: see `script`.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { errorBody } from './messages-api-frames.ts';
import { type RecordedRequest, type RequestBody, RequestLog } from './messages-api-log.ts';
import { type Planned, planAnswer } from './messages-api-script.ts';
import { closedByClient, sendAnswer, sendJson } from './messages-api-send.ts';

export type { RecordedRequest } from './messages-api-log.ts';
export { type Step, script } from './messages-api-script.ts';

export type MessagesApi = {
  /** Base URL without a slash at the end, for `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** The last requests, oldest first; a live view. */
  readonly requests: readonly RecordedRequest[];
  /** The first recorded request that matches, or the next one that does. Rejects if the stand-in closes first. */
  waitForRequest(predicate: (request: RecordedRequest) => boolean): Promise<RecordedRequest>;
  /** Cuts every connection, hanging answers included. */
  close(): Promise<void>;
};

type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  raw: Buffer;
  body: RequestBody | undefined;
};

const REQUESTS_KEPT = 1000;
const TRIES_KEPT = 10_000;
const BODY_BYTES_KEPT = 1024 * 1024;
const KEEP_ALIVE_MS = 600_000;
const BYTES_PER_TOKEN = 4;

/** Starts a stand-in on a free port of 127.0.0.1. `requestsKept` is the maximum length of `requests`. */
export async function startMessagesApi({
  requestsKept = REQUESTS_KEPT,
} = {}): Promise<MessagesApi> {
  const log = new RequestLog(requestsKept);
  const standIn = new StandIn(log);
  const server = createServer((request, response) => void standIn.serve(request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests: log.entries,
    waitForRequest: (predicate) => log.wait(predicate),
    close: () => closeServer(server, log),
  };
}

class StandIn {
  readonly #log: RequestLog;
  readonly #tries = new Map<string, number>();

  constructor(log: RequestLog) {
    this.#log = log;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = request.url?.split('?')[0] ?? '/';
      const raw = await buffer(request);
      await this.#answer({
        request,
        response,
        path,
        raw,
        body: parseBody(raw),
      });
    } catch (error) {
      // A client that left has ended its own exchange. The client hears of anything else, so that a test can read it.
      if (response.destroyed || response.headersSent) response.destroy();
      else sendJson(response, 400, errorBody(400, String(error)));
    }
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { request, response, path, body } = exchange;
    if (request.method !== 'POST' || path !== '/v1/messages' || !body) {
      this.#record(exchange, 1);
      return sendFixed(exchange);
    }
    const { step, key } = planned(body);
    const tryNumber = this.#countTry(request, key);
    this.#record(exchange, tryNumber);
    const fails = tryNumber <= (step.times ?? Number.POSITIVE_INFINITY);
    const stream = body.stream === true;
    await sendAnswer({ response, step, model: body.model, stream, fails });
  }

  // Sessions and subagents that were given the same script count their tries apart.
  #countTry({ headers }: IncomingMessage, key: Planned['key']): number {
    if (key === undefined) return 1;
    const owner = `${headers['x-claude-code-session-id']} ${headers['x-claude-code-agent-id']}`;
    const counter = `${owner} ${key}`;
    const tryNumber = (this.#tries.get(counter) ?? 0) + 1;
    this.#tries.set(counter, tryNumber);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > TRIES_KEPT && oldest !== undefined) this.#tries.delete(oldest);
    return tryNumber;
  }

  #record({ request, response, path, raw, body }: Exchange, tryNumber: number): void {
    const markClosedEarly = this.#log.add({
      method: request.method ?? 'GET',
      path,
      headers: request.headers,
      body: raw.length <= BODY_BYTES_KEPT ? body : undefined,
      tryNumber,
    });
    response.once('close', () => {
      if (closedByClient(response)) markClosedEarly();
    });
  }
}

/** Nobody has a model whose name begins like this. */
const MISSING = 'missing-';

function planned({ model, messages }: RequestBody): Planned {
  if (!model.startsWith(MISSING)) return planAnswer(messages);
  return { step: { status: 404, type: 'not_found_error', message: `model: ${model}` } };
}

function sendFixed({ request, response, path, raw, body }: Exchange): void {
  const route = `${request.method} ${path}`;
  if (route === 'POST /v1/messages/count_tokens') {
    sendJson(response, 200, {
      input_tokens: Math.ceil(raw.length / BYTES_PER_TOKEN),
    });
  } else if (route === 'GET /v1/models') {
    sendJson(response, 200, { data: [], has_more: false });
  } else if (route === 'POST /v1/messages' && !body) {
    sendJson(response, 400, errorBody(400, 'the body must be JSON with a list of messages'));
  } else {
    sendJson(response, 404, errorBody(404, `the stand-in does not know ${route}`));
  }
}

function parseBody(raw: Buffer): RequestBody | undefined {
  try {
    const body = JSON.parse(raw.toString());
    return Array.isArray(body?.messages) ? body : undefined;
  } catch {
    return undefined;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

async function closeServer(server: Server, log: RequestLog): Promise<void> {
  log.end();
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
