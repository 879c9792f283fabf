/** The SDK's transport of one MCP session, and what it does not handle: ids in use, cancelled calls, clients that do not read. */

import type { ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import {
  INVALID_REQUEST,
  type JSONRPCMessage,
  type RequestId,
  type TransportSendOptions,
} from '@modelcontextprotocol/server';
import { HTTP_STREAM_BEHIND_BYTES_MAX } from '../../connection-limits.ts';
import { CANCELLED, isNotification, isRequest, isResponse } from '../message.ts';
import { type SessionExchange, whenOver } from './exchange.ts';
import { HttpRefusal } from './reply.ts';

const REQUEST_CANCELLED = -32_800;

export class HttpTransport extends NodeStreamableHTTPServerTransport {
  /** Requests without an answer, even if their client no longer listens. */
  readonly #unanswered = new Set<RequestId>();
  /** GET streams, and how much was sent to each since its client last read. */
  readonly #streams = new Map<ServerResponse, number>();

  /**
   * Serves one HTTP request of the session.
   *
   * @throws HttpRefusal 400 for a JSON-RPC id that is in use: the SDK would send one answer to the other's stream
   */
  async serve({ request, response, message }: SessionExchange): Promise<void> {
    if (message !== undefined && isRequest(message)) this.#begin(message.id, response);
    if (request.method === 'GET') {
      this.#streams.set(response, 0);
      whenOver(response, () => this.#streams.delete(response));
    }
    await this.handleRequest(request, response, message);
    if (message !== undefined && isNotification(message) && message.method === CANCELLED) {
      await this.#giveUp(message.params);
    }
  }

  override async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const isAnswer = isResponse(message);
    const relatedRequestId = this.#takesBackLate(message, options?.relatedRequestId)
      ? undefined
      : options?.relatedRequestId;
    if (!isAnswer && relatedRequestId === undefined) this.#cutWhoIsBehind(message);
    try {
      await super.send(message, { relatedRequestId });
    } finally {
      if (isAnswer && message.id !== undefined) this.#unanswered.delete(message.id);
    }
  }

  /** A form may be taken back after the call that it was sent with: the stream of that call is closed then. */
  #takesBackLate(message: JSONRPCMessage, call: RequestId | undefined): boolean {
    if (call === undefined || this.#unanswered.has(call)) return false;
    return isNotification(message) && message.method === CANCELLED;
  }

  #begin(id: RequestId, response: ServerResponse): void {
    if (this.#unanswered.has(id)) {
      throw new HttpRefusal(400, 'a request with this id is still running', {
        code: INVALID_REQUEST,
        id,
      });
    }
    this.#unanswered.add(id);
    whenOver(response, () => {
      // Refused before it reached the server: nothing will answer it.
      if (response.statusCode !== 200) this.#unanswered.delete(id);
    });
  }

  /** A cancelled call gets no answer; this removes its stream and its entry in the SDK's tables. */
  async #giveUp(params: Record<string, unknown> | undefined): Promise<void> {
    const id = params?.requestId;
    if ((typeof id !== 'string' && typeof id !== 'number') || !this.#unanswered.has(id)) return;
    this.closeSSEStream(id);
    await this.send({
      jsonrpc: '2.0',
      id,
      error: { code: REQUEST_CANCELLED, message: 'cancelled' },
    });
  }

  // The SDK's queue has no bound: what a client does not read would stay in memory.
  #cutWhoIsBehind(message: JSONRPCMessage): void {
    for (const [response, behind] of this.#streams) {
      const bytes = response.writableNeedDrain
        ? behind + Buffer.byteLength(JSON.stringify(message))
        : 0;
      this.#streams.set(response, bytes);
      if (bytes > HTTP_STREAM_BEHIND_BYTES_MAX) response.destroy();
    }
  }
}
