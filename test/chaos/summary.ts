/** The figures of a run, and the least that it must have done to prove anything. */

import { stateOf } from './check-witness.ts';
import type { Evidence } from './evidence.ts';
import type { Slot } from './fleet.ts';
import type { Load } from './load.ts';
import { LAPSED, REFUSED } from './mutants.ts';
import type { LogLine } from './place.ts';

const ERROR_LEVEL = 50;

export type Summary = {
  readonly seconds: number;
  readonly sessions: number;
  readonly turns: number;
  readonly completed: number;
  readonly interrupted: number;
  readonly failed: number;
  readonly lost: number;
  readonly cancelled: number;
  /** Times that a turn went back to the queue. */
  readonly requeued: number;
  readonly calls: number;
  readonly acknowledged: number;
  readonly byEffect: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly unanswered: number;
  readonly kills: number;
  readonly stops: number;
  readonly crashes: number;
  /** Sessions taken from another owner by recovery, and by claiming a turn. */
  readonly takeovers: number;
  readonly lapsedClaims: number;
  /** Processes that a server stopped because it had lost their lease. */
  readonly selfFenced: number;
  readonly refusedWrites: number;
  readonly events: number;
  readonly witnessLines: number;
  /** Lines of level error and above in the servers' logs, by message. */
  readonly errorsLogged: Readonly<Record<string, number>>;
};

export type Finished = {
  readonly evidence: Evidence;
  readonly load: Load;
  readonly slots: readonly Slot[];
  readonly logged: readonly LogLine[];
  readonly seconds: number;
};

export function summaryOf({ evidence, load, slots, logged, seconds }: Finished): Summary {
  const { events, witness, sessions, ledger } = evidence;
  const ended = tally(events.filter(({ type }) => type === 'turn_ended').map(stateOf));
  const of = (type: string): number => events.filter((event) => event.type === type).length;
  const said = (msg: string): number => logged.filter((line) => line.msg === msg).length;
  const sum = (count: (slot: Slot) => number): number =>
    slots.reduce((total, slot) => total + count(slot), 0);
  return {
    seconds,
    sessions: sessions.length,
    turns: of('prompt_queued'),
    completed: ended.completed ?? 0,
    interrupted: ended.interrupted ?? 0,
    failed: ended.failed ?? 0,
    lost: ended.lost ?? 0,
    cancelled: of('prompt_cancelled'),
    requeued: events.filter(({ body }) => body.requeued === true).length,
    calls: load.calls,
    acknowledged: ledger.length,
    byEffect: tally(ledger.map(({ effect }) => effect)),
    refusals: Object.fromEntries(load.failures),
    unanswered: load.unanswered,
    kills: sum((slot) => slot.kills.length),
    stops: sum((slot) => slot.stops.length),
    crashes: sum((slot) => slot.crashes),
    takeovers: said('session taken over'),
    lapsedClaims: said(LAPSED),
    selfFenced: said('lease lost, process stopped'),
    refusedWrites: said(REFUSED),
    events: events.length,
    witnessLines: witness.length,
    errorsLogged: tally(logged.filter(({ level }) => level >= ERROR_LEVEL).map(({ msg }) => msg)),
  };
}

/** Half of what the slowest machine we know does, so that an empty run does not pass. */
const LEAST_PER_SECOND = { acknowledged: 4, completed: 0.5, faults: 0.6 };

/**
 * What there was too little of, and servers that died by themselves.
 *
 * @param share of the least: beside other work a machine gets less done
 */
export function shortfallsOf(summary: Summary, share: number): readonly string[] {
  const { seconds, crashes, lost, requeued, takeovers } = summary;
  const done = { ...summary, faults: summary.kills + summary.stops };
  const names = ['acknowledged', 'completed', 'faults'] as const;
  const few = names
    .filter((name) => done[name] < LEAST_PER_SECOND[name] * seconds * share)
    .map((name) => `too little happened: ${done[name]} ${name} in ${seconds} s`);
  const taken = takeovers > 0 && lost + requeued > 0 ? [] : ['no turn was taken from a server'];
  const crashed = crashes === 0 ? [] : [`${crashes} servers ended though nobody killed them`];
  return [...few, ...taken, ...crashed];
}

function tally(words: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[String(word)] = (counts[String(word)] ?? 0) + 1;
  return counts;
}
