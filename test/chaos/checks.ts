/** What must hold after a run, as pure functions: each gives a line for every violation it finds. */

import { contributionOf, METRIC_NAMES } from '../../src/session/metrics.ts';
import type { Session } from '../../src/session/session.ts';
import { roundUsd } from '../../src/session/usage.ts';
import { effectsLost } from './check-effects.ts';
import {
  afterTheEnd,
  endsWrong,
  epochsFallen,
  seqGaps,
  tooManyAtOnce,
  turnsInterleaved,
} from './check-log.ts';
import {
  endedButAlive,
  lostButAlive,
  orphans,
  outputWrong,
  processesInterleaved,
  stepsAfterEnd,
  stepsRepeated,
} from './check-witness.ts';
import type { Evidence } from './evidence.ts';

const CHECKS: Readonly<Record<string, (evidence: Evidence) => readonly string[]>> = {
  'acknowledged effect lost': effectsLost,
  'gap in seq': seqGaps,
  'stale epoch': epochsFallen,
  'turns interleaved': turnsInterleaved,
  'too many turns at once': tooManyAtOnce,
  'not one end per turn': endsWrong,
  'event after the end': afterTheEnd,
  'prompt delivered twice': stepsRepeated,
  'output lost or doubled': outputWrong,
  'processes interleaved': processesInterleaved,
  'alive after lost': lostButAlive,
  'step after the end of its turn': stepsAfterEnd,
  'alive after end_session': endedButAlive,
  orphan: orphans,
  'process left': ({ survivors }) => survivors.map((pid) => `process ${pid} still lives`),
  'sums wrong': metricsWrong,
  'database damaged': ({ integrity }) => (integrity === 'ok' ? [] : [integrity]),
};

/** Every violation, with the name of its check in front. */
export function violationsOf(evidence: Evidence): readonly string[] {
  return Object.entries(CHECKS).flatMap(([name, check]) =>
    check(evidence).map((line) => `${name}: ${line}`),
  );
}

/** The sums of the principal are those over its sessions. */
export function metricsWrong({
  metrics,
  sessions,
}: Pick<Evidence, 'metrics' | 'sessions'>): readonly string[] {
  const each = sessions.map(({ record }) => contributionOf(record as Session));
  return METRIC_NAMES.flatMap((name) => {
    const sum = roundUsd(each.reduce((total, one) => total + one[name], 0));
    return metrics[name] === sum
      ? []
      : [`${name} is ${metrics[name]}, its sessions add up to ${sum}`];
  });
}
