import { describe, expect, test } from 'vitest';
import { answeredTooEarly, readTrace } from './trace.ts';

const REQUEST = String.raw`7 read(0<pipe:[11]>, "{\"id\":\"request-1.\"}\n", 65536) = 22`;
const WRITE = '7 pwrite64(21</s/sessions.db-wal>, "\\0\\0"..., 4096, 8296) = 4096';
const SYNC = '7 fsync(21</s/sessions.db-wal>) = 0';
const ANSWER = String.raw`7 write(1<pipe:[12]>, "{\"id\":\"request-1.\"}\n", 22) = 22`;

const early = (...lines: string[]): string[] =>
  answeredTooEarly(readTrace(lines.join('\n')), ['request-1.']);

test('a call whose journal write is synced before its answer is in order', () => {
  expect(early(REQUEST, WRITE, WRITE, SYNC, ANSWER)).toEqual([]);
});

describe('an answer is too early', () => {
  test.each<[string, string[]]>([
    ['without any sync', [REQUEST, WRITE, ANSWER]],
    ['before the sync', [REQUEST, WRITE, ANSWER, SYNC]],
    ['after a sync that came before the last write', [REQUEST, WRITE, SYNC, WRITE, ANSWER]],
    ['after a sync of what others wrote before the request', [WRITE, REQUEST, SYNC, ANSWER]],
    ['without a write', [REQUEST, SYNC, ANSWER]],
    ['after a sync that failed', [REQUEST, WRITE, SYNC.replace('= 0', '= -1 EIO'), ANSWER]],
    ['after a sync of another file', [REQUEST, WRITE, SYNC.replace('-wal', ''), ANSWER]],
    ['where the request was never seen', [WRITE, SYNC, ANSWER]],
    ['where the answer was never seen', [REQUEST, WRITE, SYNC]],
    [
      'while the sync is still under way in another thread',
      [
        REQUEST,
        WRITE,
        '8 fsync(21</s/sessions.db-wal> <unfinished ...>',
        ANSWER,
        '8 <... fsync resumed>) = 0',
      ],
    ],
  ])('%s', (_, lines) => {
    expect(early(...lines)).toEqual(['request-1.']);
  });
});

test('a sync and a read that another thread interrupts count from where they end', () => {
  const lines = [
    '7 read(0<pipe:[11]>, <unfinished ...>',
    '9 futex(0x1, FUTEX_WAKE_PRIVATE, 1) = 1',
    String.raw`7 <... read resumed>"{\"id\":\"request-1.\"}\n", 65536) = 22`,
    WRITE,
    '7 fdatasync(21</s/sessions.db-wal> <unfinished ...>',
    '9 write(5<anon_inode:[eventfd]>, "\\1\\0", 8) = 8',
    '7 <... fdatasync resumed>) = 0',
    String.raw`7 writev(1<pipe:[12]>, [{iov_base="{\"id\":\"request-1.\"}\n", iov_len=22}], 1) = 22`,
  ];
  expect(readTrace(lines.join('\n')).map((step) => step.kind)).toEqual([
    'request',
    'write',
    'sync',
    'answer',
  ]);
});
