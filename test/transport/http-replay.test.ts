import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  HTTP_REPLAY_BYTES_MAX,
  HTTP_REPLAY_SESSION_BYTES_MAX,
} from '../../src/connection-limits.ts';
import { type ReplayLog, ReplayLogs } from '../../src/transport/http/replay.ts';
import { messageOf, open, openSession, send } from '../support/client/http-wire.ts';
import { call } from '../support/client/messages.ts';
import { BOB, startSession } from './http-service.ts';

const NEWEST = { 'mcp-protocol-version': '2025-11-25' };

/** The id of the first event of a stream. */
async function firstId(response: IncomingMessage): Promise<string> {
  const [chunk] = await once(response, 'data');
  return /^id: (\S+)$/m.exec(String(chunk))?.[1] ?? '';
}

describe('a client that lost its connection', () => {
  async function lostCall() {
    const { server, session } = await startSession();
    const request = open(server, { session, headers: NEWEST, body: call(5, 'wait') });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const lastEventId = await firstId(response);
    request.on('error', () => {}).destroy();
    await server.echo.until(({ absent }) => absent.has(session));
    server.echo.release();
    const resume = (id: string, more: object = {}) =>
      send(server, {
        method: 'GET',
        session,
        headers: { ...NEWEST, 'last-event-id': id },
        ...more,
      });
    return { server, session, lastEventId, resume };
  }

  test('gets the answer with the id of the last event it saw, and the stream ends', async () => {
    const { lastEventId, resume } = await lostCall();
    const answer = await resume(lastEventId);
    expect([answer.status, messageOf(answer)]).toMatchObject([200, { id: 5, result: {} }]);
  });

  test('gets nothing with an id of another session, or one that never was', async () => {
    const { server, lastEventId, resume } = await lostCall();
    const other = await openSession(server);
    expect((await resume(lastEventId, { session: other })).status).toBe(400);
    expect((await resume('nonsense')).status).toBe(400);
    expect((await resume(lastEventId, { token: BOB })).status).toBe(404);
  });
});

describe('what is kept of the streams', () => {
  const message = (bytes: number) => ({ jsonrpc: '2.0', method: 'x'.repeat(bytes) }) as const;

  async function replayed(log: ReplayLog, after: string): Promise<string[]> {
    const ids: string[] = [];
    await log.replayEventsAfter(after, { send: async (id) => void ids.push(id) });
    return ids;
  }

  test('is told apart by stream', async () => {
    const log = new ReplayLogs().open('p');
    const stored: string[] = [];
    for (const stream of ['a', 'b', 'a', 'b', 'a']) {
      stored.push(await log.storeEvent(stream, message(1)));
    }
    expect(await replayed(log, stored[0] ?? '')).toEqual([stored[2], stored[4]]);
    expect(await replayed(log, stored[4] ?? '')).toEqual([]);
  });

  test('is the newest of a session, by number and by size', async () => {
    const logs = new ReplayLogs();
    const log = logs.open('p');
    const first = await log.storeEvent('a', message(1));
    for (let n = 0; n < 1000; n += 1) await log.storeEvent('a', message(1));
    expect(await log.getStreamIdForEventId(first)).toBeUndefined();
    const half = HTTP_REPLAY_SESSION_BYTES_MAX / 2;
    for (let n = 0; n < 10; n += 1) await log.storeEvent('a', message(half));
    expect(logs.bytes).toBeLessThanOrEqual(HTTP_REPLAY_SESSION_BYTES_MAX);
  });

  test('has no gap: a stream with an event too large to keep is not resumed', async () => {
    const log = new ReplayLogs().open('p');
    const [kept, other] = [
      await log.storeEvent('a', message(1)),
      await log.storeEvent('b', message(1)),
    ];
    await log.storeEvent('a', message(HTTP_REPLAY_SESSION_BYTES_MAX));
    expect(await log.getStreamIdForEventId(kept)).toBeUndefined();
    expect(await log.getStreamIdForEventId(other)).toBe('b');
  });

  test('is bounded over all sessions, and goes with its session', async () => {
    const logs = new ReplayLogs();
    const each = HTTP_REPLAY_SESSION_BYTES_MAX - 100;
    const open = Array.from({ length: 100 }, (_, n) => logs.open(`p${n}`));
    const ids = [];
    for (const log of open) ids.push(await log.storeEvent('a', message(each)));
    expect(logs.bytes).toBeLessThanOrEqual(HTTP_REPLAY_BYTES_MAX);
    expect(await open[0]?.getStreamIdForEventId(ids[0] ?? '')).toBeUndefined();
    expect(await open[99]?.getStreamIdForEventId(ids[99] ?? '')).toBe('a');
    for (const log of open) log.clear();
    expect(logs.bytes).toBe(0);
  });

  test('goes in the order in which it came, also after others from their midst', async () => {
    const logs = new ReplayLogs();
    const each = HTTP_REPLAY_SESSION_BYTES_MAX - 100;
    const room = Math.floor(HTTP_REPLAY_BYTES_MAX / each);
    const kept = async (name: string) => {
      const log = logs.open(name);
      const id = await log.storeEvent('a', message(each));
      return { clear: () => log.clear(), isThere: () => log.getStreamIdForEventId(id) };
    };
    const [first, second, third, fourth, last] = await Promise.all(
      ['1', '2', '3', '4', '5'].map(kept),
    );
    for (const gone of [first, third, last]) gone?.clear();
    for (let n = 2; n < room; n += 1) await kept(`more${n}`);
    expect(await second?.isThere()).toBe('a');
    await kept('over');
    expect([await second?.isThere(), await fourth?.isThere()]).toEqual([undefined, 'a']);
    await kept('further');
    expect(await fourth?.isThere()).toBeUndefined();
  });
});
