import { describe, expect, it } from 'vitest';
import {
  canBecome,
  isSessionStatus,
  SESSION_STATUSES,
  type SessionStatus,
} from '../../src/session/status.ts';

/** Row: from; columns: to, in the order of SESSION_STATUSES. */
const TABLE: Readonly<Record<SessionStatus, string>> = {
  initializing: 'yes yes no  yes yes',
  ready: '       yes yes yes yes yes',
  busy: '        no  yes yes yes yes',
  error: '       yes yes yes yes yes',
  terminated: '  no  no  no  no  no ',
};

describe('the transition table', () => {
  const rows = SESSION_STATUSES.flatMap((from) =>
    TABLE[from]
      .trim()
      .split(/ +/)
      .map((word, column) => ({ from, to: SESSION_STATUSES[column] ?? 'ready', word })),
  );

  it.each(rows)('says $word to $from becoming $to', ({ from, to, word }) => {
    expect(canBecome(from, to)).toBe(word === 'yes');
  });

  it('covers every pair', () => {
    expect(rows).toHaveLength(SESSION_STATUSES.length ** 2);
  });
});

describe('isSessionStatus', () => {
  it('knows the five words and no others', () => {
    expect(SESSION_STATUSES.filter(isSessionStatus)).toEqual([
      'initializing',
      'ready',
      'busy',
      'error',
      'terminated',
    ]);
    for (const junk of [
      '',
      'READY',
      'ready ',
      'constructor',
      '__proto__',
      null,
      undefined,
      1,
      {},
    ]) {
      expect(isSessionStatus(junk)).toBe(false);
    }
  });
});
