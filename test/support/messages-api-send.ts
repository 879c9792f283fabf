/** Puts a step on the wire: an error, a message, a stream, or one of the ways an answer breaks. */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  buildMessage,
  encodeFrame,
  errorBody,
  type Frame,
  newId,
  partialFrames,
  streamFrames,
} from './messages-api-frames.ts';
import type { Step } from './messages-api-script.ts';

type Answer = {
  response: ServerResponse;
  step: Step;
  model: string;
  stream: boolean;
  /** Whether this try still meets the step's failure. */
  fails: boolean;
};

/** Resolves when the answer is on its way, or hangs as scripted; rejects when the client leaves before. */
export async function sendAnswer(answer: Answer): Promise<void> {
  const { response, step, fails } = answer;
  if (!fails) return sendContent(answer);
  if (step.status !== undefined) return sendScriptedError(response, step.status, step);
  if (step.hang === 'headers') return;
  if (step.drop === 'start') return drop(response);
  const breaks = step.hang === 'mid' || step.drop === 'mid' || step.sseError !== undefined;
  await (breaks && answer.stream ? sendBroken(answer) : sendContent(answer));
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const base = {
    'content-type': 'application/json',
    'request-id': newId('req'),
  };
  response.writeHead(status, { ...base, ...headers });
  response.end(JSON.stringify(value));
}

function sendScriptedError(response: ServerResponse, status: number, step: Step): void {
  sendJson(response, status, errorBody(status, step.message, step.type), step.headers);
}

async function sendContent({ response, step, model, stream }: Answer): Promise<void> {
  const message = buildMessage(step, model);
  if (!stream) return sendJson(response, 200, message);
  await sendFrames(response, streamFrames(message, step.chunks), step.delayMs);
  response.end();
}

async function sendBroken({ response, step, model }: Answer): Promise<void> {
  await sendFrames(response, partialFrames(buildMessage(step, model), step.chunks), step.delayMs);
  if (step.drop) drop(response);
  if (step.sseError === undefined) return;
  const { type, error } = errorBody(500, step.message, step.sseError);
  response.end(encodeFrame({ event: type, data: { type, error } }));
}

async function sendFrames(response: ServerResponse, frames: Iterable<Frame>, delayMs = 0) {
  const signal = closedSignal(response);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'request-id': newId('req'),
  });
  for (const frame of frames) {
    if (delayMs > 0 && frame.event === 'content_block_delta') {
      await sleep(delayMs, undefined, { signal });
    }
    if (!response.write(encodeFrame(frame))) await once(response, 'drain', { signal });
  }
}

function closedSignal(response: ServerResponse): AbortSignal {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  return closed.signal;
}

// What was written is flushed first, so that "mid" really shows the client a beginning. The error tells this close
// from one by the client, see `closedByClient`.
function drop(response: ServerResponse): void {
  if (!response.headersSent) response.destroy(new Error('dropped as scripted'));
  else response.write('', () => response.destroy(new Error('dropped as scripted')));
}

/** Of a closed response: whether it was the client that cut it short. */
export function closedByClient(response: ServerResponse): boolean {
  return !response.writableFinished && response.errored === null;
}
