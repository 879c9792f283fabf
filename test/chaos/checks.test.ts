import { describe, expect, test } from 'vitest';
import { violationsOf } from './checks.ts';
import type { EventRow } from './database.ts';
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

/** The log with an event between; the times of the others stay, so that only this one is odd. */
function logWith(extra: EventRow, at: number): Spoiled {
  const placed = LOG.toSpliced(at, 0, { ...extra, at: LOG[at]?.at ?? 0 });
  return { events: placed.map((made, index) => ({ ...made, seq: index + 1 })) };
}

function witnessWith(...extra: readonly WitnessLine[]): Spoiled {
  return { witness: [...KEPT.witness, ...extra].sort((a, b) => a.at - b.at) };
}

test('a run that kept every promise has no violation', () => {
  expect(violationsOf(KEPT)).toEqual([]);
});

describe('an acknowledged effect is missed', () => {
  const lost: readonly [string, Spoiled][] = [
    ['a created session', { ledger: [{ effect: 'create', sessionId: 'claude_2', at: 1 }] }],
    ['a prompt', { turns: KEPT.turns.filter(({ id }) => id !== 'c') }],
    ['a linked task', logWithout(({ type }) => type === 'task_linked')],
    ['a tie', logWithout(({ type }) => type === 'session_tied')],
    ['an end', logWithout(({ type }) => type === 'session_ended')],
    [
      'a prompt taken back that ran all the same',
      { turns: KEPT.turns.map((turn) => ({ ...turn, state: 'completed' })) },
    ],
    [
      'an interrupted turn that went on',
      { ledger: [{ effect: 'interrupt', sessionId: 'claude_1', turnId: 'a', at: 5000 }] },
    ],
    [
      'an end that was undone',
      { sessions: KEPT.sessions.map((session) => ({ ...session, status: 'ready' })) },
    ],
    [
      'a link that was undone',
      {
        sessions: KEPT.sessions.map((kept) => ({
          ...kept,
          record: { ...kept.record, taskIds: [] },
        })),
      },
    ],
  ];
  test.each(lost)('%s', (_, spoiled) => {
    expect(checksThatFail(spoiled)).toContain('acknowledged effect lost');
  });
});

describe('the log is not what it should be', () => {
  test('a gap in seq', () => {
    const events = LOG.filter(({ seq }) => seq !== 7);
    expect(checksThatFail({ events })).toContain('gap in seq');
  });

  test('an event of an older epoch after a newer one', () => {
    const events = LOG.map((made) => (made.seq === 14 ? { ...made, epoch: 1 } : made));
    expect(checksThatFail({ events })).toEqual(['stale epoch']);
  });

  test('output of a turn that has ended', () => {
    expect(checksThatFail(logWith(said('a', 2, 3), 12))).toContain('turns interleaved');
  });

  test('a turn that starts while another runs', () => {
    expect(checksThatFail(logWith(started('c', 1), 4))).toContain('turns interleaved');
  });

  test('more turns at once than there are places', () => {
    const at = LOG[4]?.at ?? 0;
    const other = (made: EventRow, seq: number) => ({ ...made, sessionId: 'claude_2', seq, at });
    const start = other(started('d', 1), 1);
    expect(checksThatFail({ maxLive: 0 })).toEqual(['too many turns at once']);
    const beside = { events: [...LOG, start] };
    expect(checksThatFail(beside)).toContain('too many turns at once');
    expect(checksThatFail({ ...beside, maxLive: 2 })).not.toContain('too many turns at once');
    const short = { events: [...LOG, start, other(ended('d', 1, 'interrupted'), 2)] };
    expect(checksThatFail(short)).not.toContain('too many turns at once');
  });

  test('a turn that ends twice', () => {
    expect(checksThatFail(logWith(ended('a', 1, 'completed'), 6))).toContain(
      'not one end per turn',
    );
  });

  test('a turn that never ends', () => {
    const spoiled = logWithout(({ type, turnId }) => type === 'turn_ended' && turnId === 'c');
    expect(checksThatFail(spoiled)).toContain('not one end per turn');
  });

  test('a turn that went back to the queue has not ended, and starts again', () => {
    const requeued = event('notice', { turnId: 'c', epoch: 3, body: { requeued: true } });
    const again = [requeued, started('c', 3)].map((made) => ({ ...made, at: LOG[11]?.at ?? 0 }));
    const events = [...LOG.slice(0, 12), ...again, ...LOG.slice(12)];
    const seen = events.map((made, index) => ({ ...made, seq: index + 1 }));
    expect(checksThatFail({ events: seen.map((made) => withEpoch(made, 3, 14)) })).toEqual([]);
    expect(checksThatFail({ events: seen.filter(({ seq }) => seq !== 14) })).toContain(
      'turns interleaved',
    );
  });

  test('anything after the end of its session', () => {
    const extra = event('task_linked', { body: { taskId: 'task-1' } });
    expect(checksThatFail(logWith(extra, LOG.length))).toEqual(['event after the end']);
  });
});

describe('the world outside is not what the log says', () => {
  test('a prompt that was delivered to two processes', () => {
    const spoiled = witnessWith(line('step', { at: 12_950, marker: 'second', turnId: 'a' }));
    expect(checksThatFail(spoiled)).toContain('prompt delivered twice');
  });

  test('a step that was done twice', () => {
    const spoiled = witnessWith(line('step', { at: 4950, turnId: 'a', n: 2 }));
    expect(checksThatFail(spoiled)).toContain('prompt delivered twice');
  });

  test('a step that a completed turn did and the log does not have', () => {
    const spoiled = witnessWith(line('step', { at: 4950, turnId: 'a', n: 3 }));
    expect(checksThatFail(spoiled)).toEqual(['output lost or doubled']);
  });

  test('output that is in the log twice', () => {
    expect(checksThatFail(logWith(said('a', 1, 2), 5))).toEqual(['output lost or doubled']);
  });

  test('a process that goes on beside its successor', () => {
    const spoiled = witnessWith(line('beat', { at: 12_950, turnId: 'a' }));
    expect(checksThatFail(spoiled)).toEqual(['processes interleaved']);
  });

  test('a process that outlives the loss of its turn', () => {
    const spoiled = witnessWith(line('beat', { at: 14_002, marker: 'second', turnId: 'c' }));
    expect(checksThatFail(spoiled)).toEqual(['alive after lost']);
  });

  test('a step after the end of its turn', () => {
    const spoiled = witnessWith(line('step', { at: 6002, turnId: 'a', n: 3 }));
    expect(checksThatFail(spoiled)).toContain('step after the end of its turn');
  });

  test('a process that lives when its session is said to have ended', () => {
    const spoiled = witnessWith(line('beat', { at: 15_101, marker: 'third', turnId: 'a' }));
    expect(checksThatFail(spoiled)).toEqual(['alive after end_session']);
  });

  test('a process that is started for a session that has ended, unless its server stood still', () => {
    const late = witnessWith(line('open', { at: 15_200, marker: 'third', serverPid: 11, n: 0 }));
    expect(checksThatFail(late)).toEqual(['alive after end_session']);
    const stop = { pid: 11, at: 14_000, until: 15_150 };
    const withStop = (changed: Partial<typeof stop>) =>
      checksThatFail({ ...late, stops: [{ ...stop, ...changed }] });
    expect(withStop({})).toEqual([]);
    expect(withStop({ pid: 12 })).not.toEqual([]);
    expect(withStop({ at: 10_000, until: 10_150 })).not.toEqual([]);
    expect(withStop({ at: 15_110 })).not.toEqual([]);
  });

  test('a process that outlives its killed server by more than five seconds', () => {
    const kills = [{ pid: 11, at: 3150 }];
    const late = witnessWith(line('beat', { at: 8151, turnId: 'a' }));
    expect(checksThatFail({ ...late, kills })).toEqual(['orphan']);
  });

  test('a process that is left when all is over', () => {
    expect(checksThatFail({ survivors: ['4711'] })).toEqual(['process left']);
  });
});

test('sums that are not those over the sessions are seen', () => {
  const metrics = { ...KEPT.metrics, completedTurns: 2 };
  expect(checksThatFail({ metrics })).toEqual(['sums wrong']);
});

test('a damaged database is seen', () => {
  expect(checksThatFail({ integrity: 'row 3 missing from index' })).toEqual(['database damaged']);
});

function withEpoch(made: EventRow, epoch: number, fromSeq: number): EventRow {
  return made.epoch !== null && made.seq >= fromSeq ? { ...made, epoch } : made;
}
