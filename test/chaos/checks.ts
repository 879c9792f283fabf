/** What must hold after a run, as pure functions: each gives a line for every violation it finds. */

import { contributionOf, METRIC_NAMES } from '../../src/session/metrics.ts';
import type { Session } from '../../src/session/session.ts';
import { roundUsd } from '../../src/session/usage.ts';
import { effectsLost } from './check-effects.ts';
import * as files from './check-files.ts';
import * as log from './check-log.ts';
import * as witness from './check-witness.ts';
import type { Evidence } from './evidence.ts';

const CHECKS: Readonly<Record<string, (evidence: Evidence) => readonly string[]>> = {
  'acknowledged effect lost': effectsLost,
  'gap in seq': log.seqGaps,
  'stale epoch': log.epochsFallen,
  'turns interleaved': log.turnsInterleaved,
  'too many turns at once': log.tooManyAtOnce,
  'not one end per turn': log.endsWrong,
  'event after the end': log.afterTheEnd,
  'prompt delivered twice': witness.stepsRepeated,
  'output lost or doubled': witness.outputWrong,
  'processes interleaved': witness.processesInterleaved,
  'alive after lost': witness.lostButAlive,
  'step after the end of its turn': witness.stepsAfterEnd,
  'alive after end_session': witness.endedButAlive,
  orphan: witness.orphans,
  'file missing': files.filesMissing,
  'file left': files.filesLeft,
  'process left': ({ survivors }) => survivors.map((pid) => `process ${pid} is still alive`),
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
function metricsWrong({ metrics, sessions }: Evidence): readonly string[] {
  const each = sessions.map(({ record }) => contributionOf(record as Session));
  return METRIC_NAMES.flatMap((name) => {
    const sum = roundUsd(each.reduce((total, one) => total + one[name], 0));
    const isRight = metrics[name] === sum;
    return isRight ? [] : [`${name} is ${metrics[name]}, its sessions add up to ${sum}`];
  });
}
