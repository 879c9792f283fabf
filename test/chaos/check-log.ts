/** The log of each session by itself: its order, its epochs, its turns. */

import type { EventRow } from './database.ts';
import type { Evidence } from './evidence.ts';

type Log = Pick<Evidence, 'events'>;

/** What a runner writes while a turn runs. */
const OUTPUT = ['text', 'tool_use', 'tool_result', 'notice'];

/** Seqs count 1, 2, 3 … in every session. */
export function seqGaps({ events }: Log): readonly string[] {
  return perSession(events).flatMap(([id, log]) => {
    const gap = log.find(({ seq }, index) => seq !== index + 1);
    return gap === undefined ? [] : [`${id}: a gap before seq ${gap.seq}`];
  });
}

/** The epochs of a session's events never fall. */
export function epochsFallen({ events }: Log): readonly string[] {
  return perSession(events).flatMap(([id, log]) => {
    let highest = 0;
    return log.flatMap(({ seq, epoch, type }) => {
      const before = highest;
      highest = Math.max(highest, epoch ?? 0);
      if (epoch === null || epoch >= before) return [];
      return [`${id}: ${type} at seq ${seq} under epoch ${epoch}, after epoch ${before}`];
    });
  });
}

/** One turn at a time in a session, and output only of the one that runs. */
export function turnsInterleaved({ events }: Log): readonly string[] {
  return perSession(events).flatMap(([id, log]) => {
    let running: string | null = null;
    return log.flatMap((event) => {
      const { type, turnId, seq } = event;
      const before: string | null = running;
      if (endsRun(event)) running = null;
      else if (type === 'turn_started') running = turnId;
      else if (!OUTPUT.includes(type)) return [];
      const expected = type === 'turn_started' ? null : turnId;
      if (before === expected) return [];
      return [`${id}: ${type} of turn ${turnId} at seq ${seq} while ${before} runs`];
    });
  });
}

/** Over all servers, no more turns run at once than the host has places. */
export function tooManyAtOnce({
  events,
  maxLive,
}: Pick<Evidence, 'events' | 'maxLive'>): readonly string[] {
  const runs = new Map<string | null, { from: number; to: number }[]>();
  for (const { type, turnId, at, body } of events) {
    const its = runs.get(turnId) ?? [];
    runs.set(turnId, its);
    if (type === 'turn_started') its.push({ from: at, to: Number.POSITIVE_INFINITY });
    const last = its.at(-1);
    if (last !== undefined && endsRun({ type, body })) last.to = at;
  }
  // Of one millisecond the ends come first, so a run that took less must be left out.
  const points = [...runs].flatMap(([turnId, its]) =>
    its
      .filter(({ from, to }) => from < to)
      .flatMap(({ from, to }) => [
        { turnId, at: from, step: 1 },
        { turnId, at: to, step: -1 },
      ]),
  );
  let running = 0;
  return points
    .sort((a, b) => a.at - b.at || a.step - b.step)
    .flatMap(({ turnId, step }) => {
      running += step;
      if (step < 0 || running <= maxLive) return [];
      return [`${running} turns run when ${turnId} starts, with ${maxLive} places`];
    });
}

/** Each turn is queued once, and ends or is cancelled once. */
export function endsWrong({ events }: Log): readonly string[] {
  const turns = Map.groupBy(events, ({ turnId }) => turnId);
  return [...turns].flatMap(([id, its]) => {
    const count = (...types: string[]) => its.filter(({ type }) => types.includes(type)).length;
    const [queued, ends] = [count('prompt_queued'), count('turn_ended', 'prompt_cancelled')];
    if (id === null || (queued === 1 && ends === 1)) return [];
    return [`turn ${id}: queued ${queued} times, ended ${ends} times`];
  });
}

/** Nothing is written after a session's end. */
export function afterTheEnd({ events }: Log): readonly string[] {
  return perSession(events).flatMap(([id, log]) => {
    const end = log.findIndex(({ type }) => type === 'session_ended');
    const after = end < 0 ? undefined : log[end + 1];
    return after === undefined ? [] : [`${id}: ${after.type} at seq ${after.seq}, after its end`];
  });
}

/** A turn that goes back to the queue runs no more, either. */
function endsRun({ type, body }: Pick<EventRow, 'type' | 'body'>): boolean {
  return type === 'turn_ended' || (type === 'notice' && body.requeued === true);
}

export function perSession<T extends { readonly sessionId: string }>(
  items: readonly T[],
): readonly (readonly [string, readonly T[]])[] {
  return [...Map.groupBy(items, ({ sessionId }) => sessionId)];
}
