import { describe, expect, onTestFinished, test } from 'vitest';
import { OF_THE_FIXTURE, OF_THE_PROGRAM, type Revision } from './scenarios.ts';
import { startFixture, startProgram } from './servers.ts';
import { runSuite } from './suite.ts';
import { judge, type Verdict } from './verdict.ts';

const REVISIONS: readonly Revision[] = ['2025-11-25', '2026-07-28'];

// The suite waits for streams by the clock, half a second here and there: on a busy machine that may be missed once.
const OPTIONS = { timeout: 120_000, retry: 2 };

describe('the official conformance suite', OPTIONS, () => {
  test.each(REVISIONS)('of %s passes with its fixture behind our wiring', async (revision) => {
    const { url, close } = await startFixture();
    onTestFinished(close);
    const verdicts = judge(await runSuite(url, revision), OF_THE_FIXTURE[revision]);
    expect(failuresOf(verdicts)).toEqual([]);
    expect(passedOf(verdicts)).toEqual([...OF_THE_FIXTURE[revision].pass].sort());
  });

  test.each(REVISIONS)('of %s passes with the program, where it is generic', async (revision) => {
    const { url, close } = await startProgram();
    onTestFinished(close);
    const verdicts = judge(await runSuite(url, revision), OF_THE_PROGRAM[revision]);
    expect(failuresOf(verdicts)).toEqual([]);
    expect(passedOf(verdicts)).toEqual([...OF_THE_PROGRAM[revision].pass].sort());
  });
});

describe('a verdict', () => {
  const demand = { pass: ['ping'], excused: { later: 'not yet' }, untestable: ['needs-a-tool'] };
  const later = { scenario: 'later', passed: 0, problems: ['x: y'] };

  test.each([
    ['what fails a check', [{ scenario: 'ping', passed: 1, problems: ['pong: missing'] }]],
    ['what passes none', [{ scenario: 'ping', passed: 0, problems: [] }]],
    ['what was not run', []],
    ['what says of another check that it was not testable', [untestable('other')]],
  ])('fails %s', (_, outcomes) => {
    expect(failuresOf(judge([...outcomes, later], demand))).toEqual([
      expect.stringMatching(/^ping: /),
    ]);
  });

  test('fails a scenario of which nothing is known', () => {
    const fine = { scenario: 'ping', passed: 1, problems: [] };
    const newer = { ...fine, scenario: 'newer' };
    expect(failuresOf(judge([fine, later, newer], demand))).toEqual([
      expect.stringMatching(/^newer: /),
    ]);
  });

  test('excuses by name, and a check only where the suite found nothing to check', () => {
    const verdicts = judge([untestable('needs-a-tool'), later], demand);
    expect(failuresOf(verdicts)).toEqual([]);
    expect(passedOf(verdicts)).toEqual(['ping']);
  });

  function untestable(id: string) {
    return { scenario: 'ping', passed: 1, problems: [`${id}: Not testable: no such tool`] };
  }
});

function failuresOf(verdicts: readonly Verdict[]): string[] {
  const failed = verdicts.filter(({ state }) => state === 'failed');
  return failed.map(({ scenario, notes }) => `${scenario}: ${notes.join('; ')}`);
}

function passedOf(verdicts: readonly Verdict[]): string[] {
  return verdicts.filter(({ state }) => state === 'passed').map(({ scenario }) => scenario);
}
