import { expect, test } from 'vitest';
import { violationsOf } from './checks.ts';
import type { EventRow, SessionRow } from './database.ts';
import type { WitnessLine } from './evidence.ts';
import { ended, event, KEPT, LOG, line, numbered, said, started } from './made-evidence.ts';

type Spoiled = Partial<typeof KEPT>;

function checksThatFail(spoiled: Spoiled): readonly string[] {
  const names = violationsOf({ ...KEPT, ...spoiled }).map((text) => text.split(':')[0] ?? '');
  return [...new Set(names)];
}

/** The log without some events, its seqs counted anew. */
function logWithout(isGone: (event: EventRow) => boolean): Spoiled {
  return { events: numbered(LOG.filter((made) => !isGone(made))) };
}

/** The log with events between; the times of the others stay, so that only these are odd. */
function logWith(at: number, ...extra: readonly EventRow[]): Spoiled {
  const placed = LOG.toSpliced(at, 0, ...extra.map((made) => ({ ...made, at: LOG[at]?.at ?? 0 })));
  return { events: placed.map((made, index) => ({ ...made, seq: index + 1 })) };
}

function witnessWith(...extra: readonly WitnessLine[]): Spoiled {
  return { witness: [...KEPT.witness, ...extra].sort((a, b) => a.at - b.at) };
}

function sessionWith(changed: Partial<SessionRow>): Spoiled {
  return { sessions: KEPT.sessions.map((session) => ({ ...session, ...changed })) };
}

const LATE_END = 'alive after end_session';
const ACK = { sessionId: 'claude_1', at: 5000 };
const [RECORD] = KEPT.sessions.map(({ record }) => record);
const LATE_OPEN = witnessWith(line('open', 15_200, { marker: 'third', serverPid: 11, n: 0 }));
/** A turn of another session that starts beside one of this. */
const BESIDE = { ...started('d', 1), sessionId: 'claude_2', seq: 1, at: LOG[4]?.at ?? 0 };
const CUT_OFF = { ...ended('d', 1, 'interrupted'), sessionId: 'claude_2', seq: 2, at: BESIDE.at };

const WITHOUT_FILE = { turn: { state: 'lost', error: { code: 'NOT_FOUND' } } };

type Cases = Readonly<Record<string, Readonly<Record<string, Spoiled>>>>;

/** By the check that alone must fail. */
const ALONE: Cases = {
  'acknowledged effect lost': {
    'no created session': { ledger: [{ ...ACK, effect: 'create', sessionId: 'x' }] },
    'no row of a prompt': { turns: KEPT.turns.filter(({ id }) => id !== 'c') },
    'an interrupted turn that went on': { ledger: [{ ...ACK, effect: 'interrupt', turnId: 'a' }] },
    'an end that was undone': sessionWith({ status: 'ready' }),
    'a link that was undone': sessionWith({ record: { ...RECORD, taskIds: [] } }),
    'no change': { ledger: [{ ...ACK, effect: 'update', name: 'other' }] },
    'no end': logWithout(({ type }) => type === 'session_ended'),
    'a prompt taken back that ran all the same': {
      turns: KEPT.turns.map((turn) => ({ ...turn, state: 'completed' })),
    },
  },
  'stale epoch': {
    'an older epoch after a newer one': {
      events: LOG.map((made) => (made.seq === 14 ? { ...made, epoch: 1 } : made)),
    },
  },
  'too many turns at once': { 'no place': { maxLive: 0 } },
  'not one end per turn': {
    'a turn that never ends': logWithout(
      (made) => made.type === 'turn_ended' && made.turnId === 'c',
    ),
  },
  'event after the end': {
    'a late link': logWith(15, event('task_linked', { body: { taskId: 'task-1' } })),
  },
  'output lost or doubled': {
    'a step that the log lacks': witnessWith(line('step', 4950, { turnId: 'a', n: 3 })),
    'output that is in the log twice': logWith(5, said('a', 1, 2)),
  },
  'processes interleaved': {
    'a beat beside a successor': witnessWith(line('beat', 12_950, { turnId: 'a' })),
  },
  'alive after lost': {
    'a late beat': witnessWith(line('beat', 14_002, { marker: 'second', turnId: 'c' })),
  },
  [LATE_END]: {
    'a late beat': witnessWith(line('beat', 15_101, { marker: 'third', turnId: 'a' })),
    'a late start': LATE_OPEN,
  },
  orphan: {
    'a beat more than five seconds after the kill of its server': {
      ...witnessWith(line('beat', 8151, { turnId: 'a' })),
      kills: [{ pid: 11, at: 3150 }],
    },
  },
  'file missing': {
    'a turn without its file': {
      events: LOG.map((made) => (made.seq === 14 ? { ...made, body: WITHOUT_FILE } : made)),
    },
  },
  'file left': { 'a file of a turn that has ended': { files: ['1.a.0'] } },
  'process left': { 'a survivor': { survivors: ['4711'] } },
  'sums wrong': { 'one turn too many': { metrics: { ...KEPT.metrics, completedTurns: 2 } } },
  'database damaged': { 'a row that an index lacks': { integrity: 'row 3 missing from index' } },
};

/** By a check that must fail, beside others. */
const AMONG_OTHERS: Cases = {
  'acknowledged effect lost': {
    'no linked task': logWithout(({ type }) => type === 'task_linked'),
    'no tie': logWithout(({ type }) => type === 'session_tied'),
  },
  'gap in seq': { 'no seq 7': { events: LOG.filter(({ seq }) => seq !== 7) } },
  'turns interleaved': {
    'output of a turn that has ended': logWith(12, said('a', 2, 3)),
    'a turn that starts while another runs': logWith(4, started('c', 1)),
  },
  'too many turns at once': { 'a turn beside another': { events: [...LOG, BESIDE] } },
  'not one end per turn': { 'a turn that ends twice': logWith(6, ended('a', 1, 'completed')) },
  'prompt delivered twice': {
    'to two processes': witnessWith(line('step', 12_950, { marker: 'second', turnId: 'a' })),
    'a step that was done twice': witnessWith(line('step', 4950, { turnId: 'a', n: 2 })),
  },
  'step after the end of its turn': {
    'a late step': witnessWith(line('step', 6002, { turnId: 'a', n: 3 })),
  },
};

function casesOf(cases: Cases) {
  return Object.entries(cases).flatMap(([check, spoiled]) =>
    Object.entries(spoiled).map(([what, each]) => [check, what, each] as const),
  );
}

test.each(casesOf(ALONE))('%s: %s', (check, _, spoiled) => {
  expect(checksThatFail(spoiled)).toEqual([check]);
});

test.each(casesOf(AMONG_OTHERS))('%s, among others: %s', (check, _, spoiled) => {
  expect(checksThatFail(spoiled)).toContain(check);
});

test('a run that kept every promise has no violation', () => {
  expect(violationsOf(KEPT)).toEqual([]);
});

test('a turn beside another is right if there is a place, or if it takes no time', () => {
  const name = 'too many turns at once';
  expect(checksThatFail({ events: [...LOG, BESIDE], maxLive: 2 })).not.toContain(name);
  expect(checksThatFail({ events: [...LOG, BESIDE, CUT_OFF] })).not.toContain(name);
});

test('a turn that went back to the queue has not ended, and starts again', () => {
  const requeued = event('notice', { turnId: 'c', epoch: 3, body: { requeued: true } });
  const { events = [] } = logWith(12, requeued, started('c', 3));
  const newer = events.map((made) => (made.epoch && made.seq > 13 ? { ...made, epoch: 3 } : made));
  expect(checksThatFail({ events: newer })).toEqual([]);
  const without = events.filter(({ seq }) => seq !== 14);
  expect(checksThatFail({ events: without })).toContain('turns interleaved');
});

test('a server that stood still may start a process for a session that has ended', () => {
  const stop = { pid: 11, at: 14_000, until: 15_150 };
  const withStop = (changed: Partial<typeof stop>) =>
    checksThatFail({ ...LATE_OPEN, stops: [{ ...stop, ...changed }] });
  expect(withStop({})).toEqual([]);
  expect(withStop({ pid: 12 })).toEqual([LATE_END]);
  expect(withStop({ at: 10_000, until: 10_150 })).toEqual([LATE_END]);
  expect(withStop({ at: 15_110 })).toEqual([LATE_END]);
});
