/** The files that go with prompts: each is there until its turn has ended, and no longer. */

import type { Evidence } from './evidence.ts';

/** A turn that was to have a file and had none, or another, has failed with that. */
export function filesMissing({ events }: Evidence): readonly string[] {
  return events
    .filter(({ type, body }) => type === 'turn_ended' && errorOf(body) === 'NOT_FOUND')
    .map(({ turnId }) => `turn ${turnId} had no file`);
}

function errorOf({ turn }: Readonly<Record<string, unknown>>): unknown {
  return Object(Object(turn).error).code;
}

/** All turns have ended. A file without a turn is of a prompt that was never stored: it stays for a while. */
export function filesLeft({ files, turns }: Evidence): readonly string[] {
  const known = new Set(turns.map(({ id }) => id));
  return files.filter((name) => known.has(name.split('.')[1] ?? ''));
}
