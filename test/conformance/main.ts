/** `npm run conformance`: both revisions of the official suite against the fixture and the program, as tables. */

import { REVISIONS } from './scenarios.ts';
import { SERVERS } from './servers.ts';
import { runSuite } from './suite.ts';
import { judge, type Verdict } from './verdict.ts';

let failed = 0;
for (const { title, start, demands } of SERVERS) {
  const running = await start();
  for (const revision of REVISIONS) {
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
