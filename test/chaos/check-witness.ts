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

type Seen = Pick<Evidence, 'witness' | 'events'>;

/** A prompt is delivered at most once: a turn's steps count 1, 2, 3 … once, in one process. */
export function stepsRepeated({ witness }: Pick<Evidence, 'witness'>): readonly string[] {
  return [...stepsByTurn(witness)].flatMap(([turnId, steps]) => {
    const processes = new Set(steps.map(({ marker }) => marker)).size;
    if (processes > 1) return [`turn ${turnId} ran in ${processes} processes`];
    const isInOrder = steps.every(({ n }, index) => n === index + 1);
    return isInOrder ? [] : [`turn ${turnId} did its steps ${steps.map(({ n }) => n).join(' ')}`];
  });
}

/** What a turn said is in the log once and in order; of a turn that was completed, all of it. */
export function outputWrong({ witness, events }: Seen): readonly string[] {
  const done = stepsByTurn(witness);
  const ended = new Map(ends(events).map((event) => [event.turnId, stateOf(event)]));
  const texts = events.filter(({ type }) => type === 'text');
  const said = Map.groupBy(texts, ({ turnId }) => turnId ?? '');
  return [...new Set([...done.keys(), ...said.keys()])].flatMap((turnId) => {
    const lines = (said.get(turnId) ?? []).map(({ body }) => body.text);
    const count = done.get(turnId)?.length ?? 0;
    const isPrefix = lines.every((text, index) => text === `step ${index + 1}`);
    if (!isPrefix || lines.length > count) return [`turn ${turnId} said ${lines.join(', ')}`];
    if (ended.get(turnId) !== 'completed' || lines.length === count) return [];
    return [`turn ${turnId} was completed with ${lines.length} of ${count} steps in the log`];
  });
}

/** Once another process of the session has done something, the ones before it do nothing more. */
export function processesInterleaved({ witness }: Pick<Evidence, 'witness'>): readonly string[] {
  return perSession(witness.filter(({ kind }) => kind !== 'open')).flatMap(([id, lines]) => {
    const goesOn = lines.find(({ marker }, index) => {
      const isNew = lines[index - 1]?.marker !== marker;
      return isNew && lines.slice(0, index).some((line) => line.marker === marker);
    });
    return goesOn ? [`${id}: process ${goesOn.marker} wrote after its successor`] : [];
  });
}

/** After a turn is said to be lost, nothing that its process had started does anything. */
export function lostButAlive({ witness, events }: Seen): readonly string[] {
  const steps = stepsByTurn(witness);
  const processes = Map.groupBy(witness, ({ marker }) => marker);
  const lost = ends(events).filter((event) => stateOf(event) === 'lost');
  return lost.flatMap(({ turnId, at }) => {
    const marker = steps.get(turnId ?? '')?.at(-1)?.marker ?? '';
    const late = lastAfter(at + ROUNDING_MS, processes.get(marker));
    return late ? [`turn ${turnId}: ${late.kind} ${ms(late.at - at)} after it was lost`] : [];
  });
}

/** A turn that has ended takes no further step; if the session's end stopped it, see {@link endedButAlive}. */
export function stepsAfterEnd({ witness, events }: Seen): readonly string[] {
  const steps = stepsByTurn(witness);
  const closed = events.filter(({ type }) => type === 'session_ended');
  const closedAt = new Map(closed.map(({ sessionId, at }) => [sessionId, at]));
  return ends(events).flatMap((event) => {
    const { sessionId, turnId, at } = event;
    if (stateOf(event) === 'interrupted' && closedAt.get(sessionId) === at) return [];
    const late = lastAfter(at + ROUNDING_MS, steps.get(turnId ?? ''));
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
  const ended = ledger.filter(({ effect }) => effect === 'end');
  return ended.flatMap(({ sessionId, at }) => {
    const its = lines.get(sessionId)?.filter((line) => !stoodStill(line, at));
    const late = lastAfter(at, its);
    return late
      ? [`${sessionId}: ${late.kind} ${ms(late.at - at)} after its end was acknowledged`]
      : [];
  });
}

/** What a killed server had started is soon gone. */
export function orphans({
  kills,
  witness,
}: Pick<Evidence, 'kills' | 'witness'>): readonly string[] {
  const opened = witness.filter(({ kind }) => kind === 'open');
  const started = Map.groupBy(opened, ({ serverPid }) => serverPid);
  const lines = Map.groupBy(witness, ({ marker }) => marker);
  return kills.flatMap(({ pid, at }) => {
    const its = (started.get(pid) ?? []).filter((open) => open.at <= at);
    return its.flatMap(({ marker, sessionId }) => {
      const late = lastAfter(at + ORPHAN_MS_MAX, lines.get(marker));
      if (late === undefined) return [];
      return [`${sessionId}: ${late.kind} ${ms(late.at - at)} after its server's death`];
    });
  });
}

function lastAfter(at: number, lines: readonly WitnessLine[] = []): WitnessLine | undefined {
  return lines.findLast((line) => line.at > at);
}

function stepsByTurn(witness: readonly WitnessLine[]): Map<string, WitnessLine[]> {
  const steps = witness.filter(({ kind }) => kind === 'step');
  return Map.groupBy(steps, ({ turnId }) => turnId ?? '');
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
