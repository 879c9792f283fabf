/**
 * A mark on a session's processes that they keep unless they mean to lose it. An environment can be cleared (`env -i`), a
 * process group left, an open file closed; a hard resource limit is inherited by every descendant. One without privileges
 * can lower it, but not raise it again. The limit on file locks has had no effect since Linux 2.4.25, can be as large as
 * one likes, and is shown to everyone in `/proc/PID/limits`. So each session's processes get a limit on file locks of
 * their own. Whoever sets that limit anew is free of the mark: only a PID namespace holds those who try.
 */

import { createHash } from 'node:crypto';

/** Enough that nobody else has the same one by chance; about fifteen decimal digits. */
const TAG_BYTES = 6;

/** dash and busybox call the limit `-w`, bash calls it `-x`. The command runs also if it cannot be set. */
const SET_LIMIT = '{ ulimit -w "$0" || ulimit -x "$0"; } 2>/dev/null; exec "$@"';

export type Tag = {
  /** Command and arguments that stand before a command so that it carries the tag. */
  readonly prefix: readonly string[];
  /** Whether the text of `/proc/PID/limits` shows it. */
  isIn(limits: Buffer): boolean;
};

/** The tag of a marker; the same one each time, so that what a server left behind is found by the next. */
export function createTag(marker: string): Tag {
  const hash = createHash('sha256').update(marker).digest();
  const limit = String(hash.readUIntBE(0, TAG_BYTES));
  const line = new RegExp(`^Max file locks +\\d+ +${limit} `, 'm');
  return {
    prefix: process.platform === 'linux' ? ['sh', '-c', SET_LIMIT, limit] : [],
    isIn: (limits) => line.test(limits.toString('latin1')),
  };
}
