/** `npm run conformance`: both revisions of the official suite against the fixture and the program, as tables. */

import { OF_THE_FIXTURE, OF_THE_PROGRAM, type Revision } from './scenarios.ts';
import { type Running, startFixture, startProgram } from './servers.ts';
import { runSuite } from './suite.ts';
import { judge, type Verdict } from './verdict.ts';

const SERVERS = [
  { title: 'the fixture behind our wiring', start: startFixture, demands: OF_THE_FIXTURE },
  { title: 'the program, generic scenarios', start: startProgram, demands: OF_THE_PROGRAM },
] as const;

let failed = 0;
for (const { title, start, demands } of SERVERS) {
  const running: Running = await start();
  for (const revision of ['2025-11-25', '2026-07-28'] as const satisfies Revision[]) {
    const verdicts = judge(await runSuite(running.url, revision), demands[revision]);
    print(`${revision}, ${title}`, verdicts);
    failed += count(verdicts, 'failed');
  }
  await running.close();
}
process.exit(failed === 0 ? 0 : 1);

function print(title: string, verdicts: readonly Verdict[]): void {
  const lines = verdicts.map(({ scenario, passed, state, notes }) =>
    [scenario.padEnd(48), String(passed).padStart(3), state.padEnd(8), notes.join('; ')].join(' '),
  );
  const sums = (['passed', 'failed', 'excused'] as const).map(
    (state) => `${count(verdicts, state)} ${state}`,
  );
  process.stdout.write(`\n${title}\n${lines.join('\n')}\nscenarios: ${sums.join(', ')}\n`);
}

function count(verdicts: readonly Verdict[], state: Verdict['state']): number {
  return verdicts.filter((verdict) => verdict.state === state).length;
}
