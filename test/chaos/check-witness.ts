/** What the processes did, by the files they wrote outside the database, against the log. */

import { perSession } from './check-log.ts';
import type { EventRow } from './database.ts';
import type { Evidence, WitnessLine } from './evidence.ts';

/** Times of events are whole milliseconds. */
const ROUNDING_MS = 1;
/** What a killed server left must be gone by then. */
const ORPHAN_MS_MAX = 5000;
/** What a server that stood still has to come to itself. */
const WAKE_MS_MAX = 5000;

/** A prompt is delivered at most once: a turn's steps count 1, 2, 3 … once, in one process. */
export function stepsRepeated({ witness }: Pick<Evidence, 'witness'>): readonly string[] {
  return [...byTurn(steps(witness))].flatMap(([turnId, lines]) => {
    const processes = new Set(lines.map(({ marker }) => marker)).size;
    if (processes > 1) return [`turn ${turnId} ran in ${processes} processes`];
    const isInOrder = lines.every(({ n }, index) => n === index + 1);
    return isInOrder ? [] : [`turn ${turnId} did its steps ${lines.map(({ n }) => n).join(' ')}`];
  });
}

/** What a turn said is in the log once and in order; of a turn that was completed, all of it. */
export function outputWrong({
  witness,
  events,
}: Pick<Evidence, 'witness' | 'events'>): readonly string[] {
  const done = byTurn(steps(witness));
  const ended = new Map(ends(events).map((event) => [event.turnId, stateOf(event)]));
  const said = Map.groupBy(
    events.filter(({ type }) => type === 'text'),
    ({ turnId }) => turnId ?? '',
  );
  return [...new Set([...done.keys(), ...said.keys()])].flatMap((turnId) => {
    const texts = (said.get(turnId) ?? []).map(({ body }) => body.text);
    const count = done.get(turnId)?.length ?? 0;
    const isPrefix = texts.every((text, index) => text === `step ${index + 1}`);
    if (!isPrefix || texts.length > count) return [`turn ${turnId} said ${texts.join(', ')}`];
    if (ended.get(turnId) !== 'completed' || texts.length === count) return [];
    return [`turn ${turnId} was completed with ${texts.length} of ${count} steps in the log`];
  });
}

/** Once another process of the session has done something, the ones before it do nothing more. */
export function processesInterleaved({ witness }: Pick<Evidence, 'witness'>): readonly string[] {
  return perSession(witness.filter(({ kind }) => kind !== 'open')).flatMap(([id, lines]) => {
    const past = new Map<string, number>();
    let current: string | undefined;
    for (const { marker, at } of lines) {
      const since = past.get(marker);
      if (since !== undefined)
        return [`${id}: a process wrote ${ms(at - since)} after its successor`];
      if (marker === current) continue;
      if (current !== undefined) past.set(current, at);
      current = marker;
    }
    return [];
  });
}

/** After a turn is said to be lost, nothing that its process had started does anything. */
export function lostButAlive({
  witness,
  events,
}: Pick<Evidence, 'witness' | 'events'>): readonly string[] {
  const processes = processesOf(witness);
  return ends(events)
    .filter((event) => stateOf(event) === 'lost')
    .flatMap(({ turnId, at }) => {
      const late = (processes.get(turnId ?? '') ?? []).findLast(
        (line) => line.at > at + ROUNDING_MS,
      );
      return late ? [`turn ${turnId}: ${late.kind} ${ms(late.at - at)} after it was lost`] : [];
    });
}

/** A turn that has ended takes no further step; where the session's end stopped it, see {@link endedButAlive}. */
export function stepsAfterEnd({
  witness,
  events,
}: Pick<Evidence, 'witness' | 'events'>): readonly string[] {
  const done = byTurn(steps(witness));
  const sessionEnds = new Map(
    events
      .filter(({ type }) => type === 'session_ended')
      .map(({ sessionId, at }) => [sessionId, at]),
  );
  return ends(events).flatMap((event) => {
    const { sessionId, turnId, at } = event;
    if (stateOf(event) === 'interrupted' && sessionEnds.get(sessionId) === at) return [];
    const late = done.get(turnId ?? '')?.findLast((line) => line.at > at + ROUNDING_MS);
    return late ? [`turn ${turnId}: step ${late.n} ${ms(late.at - at)} after its end`] : [];
  });
}

/**
 * After `end_session` has answered, no process of the session does anything. A server that stood still
 * on its way to start one may still do so; without a prompt it does no work, and goes at once.
 */
export function endedButAlive({
  ledger,
  witness,
  stops,
}: Pick<Evidence, 'ledger' | 'witness' | 'stops'>): readonly string[] {
  const stoodStill = ({ kind, serverPid, at }: WitnessLine, endedAt: number): boolean =>
    kind === 'open' &&
    stops.some(
      (stop) =>
        stop.pid === serverPid && stop.at < endedAt && at < (stop.until ?? stop.at) + WAKE_MS_MAX,
    );
  const lines = Map.groupBy(witness, ({ sessionId }) => sessionId);
  return ledger
    .filter(({ effect }) => effect === 'end')
    .flatMap(({ sessionId, at }) => {
      const late = lines.get(sessionId)?.findLast((line) => line.at > at && !stoodStill(line, at));
      return late ? [`${sessionId}: ${late.kind} ${ms(late.at - at)} after its end was told`] : [];
    });
}

/** What a killed server had started is soon gone. */
export function orphans({
  kills,
  witness,
}: Pick<Evidence, 'kills' | 'witness'>): readonly string[] {
  const started = Map.groupBy(
    witness.filter(({ kind }) => kind === 'open'),
    ({ serverPid }) => serverPid,
  );
  const lines = Map.groupBy(witness, ({ marker }) => marker);
  return kills.flatMap(({ pid, at }) =>
    (started.get(pid) ?? [])
      .filter((open) => open.at <= at)
      .flatMap(({ marker, sessionId }) => {
        const late = lines.get(marker)?.findLast((line) => line.at > at + ORPHAN_MS_MAX);
        return late
          ? [`${sessionId}: ${late.kind} ${ms(late.at - at)} after its server's death`]
          : [];
      }),
  );
}

/** All lines of the process that a turn ran in, by turn. */
function processesOf(witness: readonly WitnessLine[]): Map<string, readonly WitnessLine[]> {
  const lines = Map.groupBy(witness, ({ marker }) => marker);
  return new Map(
    steps(witness).map(({ turnId, marker }) => [turnId ?? '', lines.get(marker) ?? []]),
  );
}

function steps(witness: readonly WitnessLine[]): readonly WitnessLine[] {
  return witness.filter(({ kind }) => kind === 'step');
}

function byTurn(lines: readonly WitnessLine[]): Map<string, WitnessLine[]> {
  return Map.groupBy(lines, ({ turnId }) => turnId ?? '');
}

function ends(events: readonly EventRow[]): readonly EventRow[] {
  return events.filter(({ type }) => type === 'turn_ended');
}

export function stateOf({ body }: EventRow): unknown {
  return (body.turn as { readonly state?: unknown } | undefined)?.state;
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`;
}
