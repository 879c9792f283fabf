/** Every guard that works on this machine, strongest first, each with the system that it is used on. */

import { type ProcessGuard, processGuard } from '../../src/runner/guard.ts';
import { OWN_SYSTEM, type System } from '../../src/runner/process-table.ts';

export type GuardCase = {
  readonly title: string;
  readonly guard: ProcessGuard;
  readonly system: System;
};

/** @param directory the guard directory */
export function guardCases(directory: string): readonly GuardCase[] {
  const own = (['namespace', 'auto', 'supervisor'] as const).map((choice) => processGuard(choice));
  const bare = processGuard('supervisor');
  const cases = [...own, { ...bare, prefix: [] }].map((guard) => {
    const title = guard.prefix.length === 0 ? `${guard.name} alone` : guard.name;
    return { title, guard, system: OWN_SYSTEM };
  });
  const portable = processGuard('auto', 'posix', directory);
  const all = [
    ...cases,
    { title: 'portable supervisor', guard: portable, system: 'posix' as const },
  ];
  return [...new Map(all.map((each) => [each.title, each])).values()];
}
