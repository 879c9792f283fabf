/** Holds what the suite found against what is demanded. */

import type { Demand } from './scenarios.ts';
import type { Outcome } from './suite.ts';

export type Verdict = {
  readonly scenario: string;
  readonly passed: number;
  /** `excused` says why in `notes`; so do the problems of a scenario that failed. */
  readonly state: 'passed' | 'failed' | 'excused';
  readonly notes: readonly string[];
};

/** One verdict a scenario, demanded and run alike: what is demanded but was not run has failed, and so has a stranger. */
export function judge(outcomes: readonly Outcome[], demand: Demand): Verdict[] {
  const run = new Map(outcomes.map((outcome) => [outcome.scenario, outcome]));
  const names = new Set([...demand.pass, ...Object.keys(demand.excused), ...run.keys()]);
  return [...names].sort().map((scenario) => judgeOne(scenario, run.get(scenario), demand));
}

function judgeOne(scenario: string, outcome: Outcome | undefined, demand: Demand): Verdict {
  if (outcome === undefined) {
    return { scenario, passed: 0, state: 'failed', notes: ['the suite did not run it'] };
  }
  const { passed } = outcome;
  const reason = demand.excused[scenario];
  if (reason !== undefined) return { scenario, passed, state: 'excused', notes: [reason] };
  if (!demand.pass.includes(scenario)) {
    return { scenario, passed, state: 'failed', notes: ['no demand stands in scenarios.ts'] };
  }
  const problems = outcome.problems.filter((problem) => !isExcused(problem, demand));
  if (passed === 0) problems.push('no check passed');
  return { scenario, passed, state: problems.length === 0 ? 'passed' : 'failed', notes: problems };
}

// Only where the suite itself says that it found nothing to check.
function isExcused(problem: string, { untestable = [] }: Demand): boolean {
  return untestable.some((id) => problem.startsWith(`${id}: Not testable: `));
}
