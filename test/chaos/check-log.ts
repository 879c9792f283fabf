/** The log of each session by itself: its order, its epochs, its turns. */

import type { EventRow } from './database.ts';
import type { Evidence } from './evidence.ts';

/** What a runner writes while a turn runs. */
const OUTPUT = ['text', 'tool_use', 'tool_result', 'notice'];

/** Seqs count 1, 2, 3 … in every session. */
export function seqGaps({ events }: Pick<Evidence, 'events'>): readonly string[] {
  return perSession(events).flatMap(([id, log]) =>
    log
      .filter(({ seq }, index) => seq !== index + 1)
      .slice(0, 1)
      .map(({ seq }) => `${id}: a gap before seq ${seq}`),
  );
}

/** The epochs of a session's events never fall. */
export function epochsFallen({ events }: Pick<Evidence, 'events'>): readonly string[] {
  return perSession(events).flatMap(([id, log]) => {
    let highest = 0;
    return log.flatMap(({ seq, epoch, type }) => {
      if (epoch === null || epoch >= highest) {
        highest = epoch ?? highest;
        return [];
      }
      return [`${id}: ${type} at seq ${seq} under epoch ${epoch}, after epoch ${highest}`];
    });
  });
}

/** One turn at a time in a session, and output only of the one that runs. */
export function turnsInterleaved({ events }: Pick<Evidence, 'events'>): readonly string[] {
  return perSession(events).flatMap(([id, log]) => {
    let running: string | null = null;
    return log.flatMap((event) => {
      const before: string | null = running;
      if (event.type === 'turn_started') running = event.turnId;
      else if (endsRun(event)) running = null;
      else if (!OUTPUT.includes(event.type)) return [];
      const expected = event.type === 'turn_started' ? null : event.turnId;
      if (before === expected) return [];
      return [
        `${id}: ${event.type} of turn ${event.turnId} at seq ${event.seq} while ${before} runs`,
      ];
    });
  });
}

/** Over all servers, no more turns run at once than the host has places. */
export function tooManyAtOnce({
  events,
  maxLive,
}: Pick<Evidence, 'events' | 'maxLive'>): readonly string[] {
  // Of one millisecond the ends come first, so one that ran for less must be left out.
  const points = runsOf(events)
    .filter(({ from, to }) => from < to)
    .flatMap((run) => [
      { ...run, at: run.from, step: 1 },
      { ...run, at: run.to, step: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.step - b.step);
  let running = 0;
  return points.flatMap(({ turnId, step }) => {
    running += step;
    if (step < 0 || running <= maxLive) return [];
    return [`${running} turns run when ${turnId} starts, with ${maxLive} places`];
  });
}

type TurnRun = { readonly turnId: string; readonly from: number; to: number };

/** From each start of a turn to its end, or to when it went back to the queue. */
function runsOf(events: readonly EventRow[]): readonly TurnRun[] {
  const runs: TurnRun[] = [];
  const open = new Map<string | null, TurnRun>();
  for (const event of events) {
    const { at, turnId } = event;
    if (event.type === 'turn_started') {
      const run = { turnId: turnId ?? '', from: at, to: Number.POSITIVE_INFINITY };
      runs.push(run);
      open.set(turnId, run);
    } else if (endsRun(event)) {
      const run = open.get(turnId);
      if (run !== undefined) run.to = at;
    }
  }
  return runs;
}

/** A turn that was queued ends or is cancelled once; one that started and was not queued again ends once. */
export function endsWrong({ events }: Pick<Evidence, 'events'>): readonly string[] {
  const turns = new Map<string, { open: number; ends: number }>();
  for (const event of events) {
    const { type, turnId } = event;
    if (turnId === null) continue;
    const turn = turns.get(turnId) ?? { open: 0, ends: 0 };
    turns.set(turnId, turn);
    if (type === 'prompt_queued') turn.open += 1;
    if (type === 'turn_ended' || type === 'prompt_cancelled') turn.ends += 1;
  }
  return [...turns]
    .filter(([, { open, ends }]) => open !== 1 || ends !== 1)
    .map(([id, { open, ends }]) => `turn ${id}: queued ${open} times, ended ${ends} times`);
}

/** Nothing is written after a session's end. */
export function afterTheEnd({ events }: Pick<Evidence, 'events'>): readonly string[] {
  return perSession(events).flatMap(([id, log]) => {
    const end = log.findIndex(({ type }) => type === 'session_ended');
    const after = end < 0 ? undefined : log[end + 1];
    return after === undefined ? [] : [`${id}: ${after.type} at seq ${after.seq}, after its end`];
  });
}

function endsRun({ type, body }: EventRow): boolean {
  return type === 'turn_ended' || (type === 'notice' && body.requeued === true);
}

export function perSession<T extends { readonly sessionId: string }>(
  items: readonly T[],
): readonly (readonly [string, readonly T[]])[] {
  return [...Map.groupBy(items, ({ sessionId }) => sessionId)];
}
