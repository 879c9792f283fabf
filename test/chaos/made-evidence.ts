/** What a small run leaves that kept every promise; the tests of the checks spoil one thing of it each. */

import type { EventBody } from '../../src/session/event.ts';
import { contributionOf } from '../../src/session/metrics.ts';
import type { Session } from '../../src/session/session.ts';
import { NO_USAGE } from '../../src/session/usage.ts';
import type { EventRow } from './database.ts';
import type { Evidence, WitnessLine } from './evidence.ts';

const SESSION_ID = 'claude_1';

type Made = Partial<Pick<EventRow, 'turnId' | 'epoch' | 'body'>>;

/** An event; in a log, `seq` counts and `at` is a second per event. */
export function event(type: EventBody['type'], made: Made = {}): EventRow {
  const none = { turnId: null, epoch: null, body: {} };
  return { sessionId: SESSION_ID, seq: 0, at: 0, type, ...none, ...made };
}

export function numbered(events: readonly EventRow[]): readonly EventRow[] {
  return events.map((made, index) => ({ ...made, seq: index + 1, at: (index + 1) * 1000 }));
}

export function started(turnId: string, epoch: number): EventRow {
  return event('turn_started', { turnId, epoch });
}

export function said(turnId: string, epoch: number, n: number): EventRow {
  return event('text', { turnId, epoch, body: { text: `step ${n}` } });
}

export function ended(turnId: string, epoch: number, state: string): EventRow {
  return event('turn_ended', { turnId, epoch, body: { turn: { state } } });
}

/** Turn a is completed, b is taken back, c is lost with its server; at 15 s the session ends. */
export const LOG: readonly EventRow[] = numbered([
  event('session_created', { body: { mcpSessionId: 'stdio_1' } }),
  event('prompt_queued', { turnId: 'a' }),
  started('a', 1),
  said('a', 1, 1),
  said('a', 1, 2),
  ended('a', 1, 'completed'),
  event('task_linked', { body: { taskId: 'task-1' } }),
  event('session_tied', { body: { mcpSessionId: 'stdio_2' } }),
  event('prompt_queued', { turnId: 'b' }),
  event('prompt_cancelled', { turnId: 'b' }),
  event('prompt_queued', { turnId: 'c' }),
  started('c', 2),
  said('c', 2, 1),
  ended('c', 3, 'lost'),
  event('session_ended'),
]);

export function line(
  kind: WitnessLine['kind'],
  at: number,
  made: Partial<WitnessLine>,
): WitnessLine {
  return { kind, at, sessionId: SESSION_ID, marker: 'first', n: 1, ...made };
}

const WITNESS: readonly WitnessLine[] = [
  line('open', 3100, { serverPid: 11, n: 0 }),
  line('step', 3900, { turnId: 'a' }),
  line('step', 4900, { turnId: 'a', n: 2 }),
  // It goes on after the turn that left it, until the process is gone.
  line('beat', 7000, { turnId: 'a' }),
  line('open', 12_100, { marker: 'second', serverPid: 12, n: 0 }),
  line('step', 12_900, { marker: 'second', turnId: 'c' }),
  line('beat', 13_100, { marker: 'second', turnId: 'c' }),
];

const RECORD = {
  status: 'terminated',
  taskIds: ['task-1'],
  createdAt: 1000,
  endedAt: 15_000,
  turns: { queued: 0, running: 0, completed: 1, failed: 1, interrupted: 0, lost: 0, cancelled: 0 },
  pendingPermissions: 0,
  usage: NO_USAGE,
} as const satisfies Partial<Session>;

const ACK = { sessionId: SESSION_ID, at: 15_100 };

export const KEPT: Evidence = {
  ledger: [
    { ...ACK, effect: 'create', turnId: 'a' },
    { ...ACK, effect: 'link', taskId: 'task-1' },
    { ...ACK, effect: 'attach', mcpSessionId: 'stdio_2' },
    { ...ACK, effect: 'prompt', turnId: 'c' },
    { ...ACK, effect: 'cancel', turnId: 'b' },
    { ...ACK, effect: 'interrupt', turnId: 'a', at: 6001 },
    { ...ACK, effect: 'end' },
  ],
  events: LOG,
  sessions: [{ id: SESSION_ID, status: 'terminated', record: RECORD }],
  turns: Object.entries({ a: 'completed', b: 'cancelled', c: 'lost' }).map(([id, state]) => {
    return { id, sessionId: SESSION_ID, state };
  }),
  metrics: contributionOf(RECORD as unknown as Session),
  witness: WITNESS,
  kills: [{ pid: 12, at: 13_200 }],
  stops: [],
  // Of a server that was killed before the prompt was stored.
  files: ['1.d.0'],
  survivors: [],
  maxLive: 1,
  integrity: 'ok',
};
