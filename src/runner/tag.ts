/**
 * A tag on a session's processes that they keep unless they mean to lose it. An environment can be cleared (`env -i`), a
 * process group left, an open file closed. A hard resource limit is inherited by every descendant; without privileges it
 * can be lowered but not raised again. The limit on file locks has had no effect since Linux 2.4.25, can be very large,
 * and everyone can read it in `/proc/PID/limits`. So the processes of each session get their own limit on file locks. A
 * process that sets this limit itself loses the tag: only a PID namespace holds one that tries.
 */

import { createHash } from 'node:crypto';

/** Enough to be unique; about fifteen decimal digits. */
const TAG_BYTES = 6;

const LINE_BYTES = 80;

/** dash and busybox call the limit `-w`, bash calls it `-x`. The command runs even if it cannot be set. */
const SET_LIMIT = '{ ulimit -w "$0" || ulimit -x "$0"; } 2>/dev/null; exec "$@"';

/** The tag of a marker. It is always the same, so that the next server finds what this one left behind. */
export function tagOf(marker: string): string {
  const hash = createHash('sha256').update(marker).digest();
  return String(hash.readUIntBE(0, TAG_BYTES));
}

/** Command and arguments to put before a command so that it carries the tag, on Linux. */
export function taggingPrefix(marker: string): readonly string[] {
  return ['sh', '-c', SET_LIMIT, tagOf(marker)];
}

/** The limit that is a tag, if the process has one, from the text of `/proc/PID/limits`. */
export function tagIn(limits: Buffer): string | undefined {
  // Every process is asked: only the one line is made a string.
  const start = limits.indexOf('Max file locks');
  const line = start < 0 ? '' : limits.toString('latin1', start, start + LINE_BYTES);
  return /^Max file locks +\d+ +(\d+) /.exec(line)?.[1];
}
