/** Runs the official conformance suite against a server, and reads what it found from the files it writes. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Revision } from './scenarios.ts';

const require = createRequire(import.meta.url);
const SUITE = require.resolve('@modelcontextprotocol/conformance/dist/index.js');

type Check = {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
};

/** One scenario: how many checks it passed, and what those say that it did not pass. */
export type Outcome = {
  readonly scenario: string;
  readonly passed: number;
  /** Failures and warnings, each with the check's name. */
  readonly problems: readonly string[];
};

/**
 * All scenarios that the suite has for this revision, scored or not. The server must be listening already: against
 * none, some scenarios pass for want of a check.
 */
export async function runSuite(url: string, revision: Revision): Promise<Outcome[]> {
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const args = [SUITE, 'server', '--url', url, '--requirements', revision, '-o', directory];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const [complaint] = await Promise.all([text(child.stderr), once(child, 'close')]);
    const outcomes = await readOutcomes(directory);
    if (outcomes.length === 0) throw new Error(`the suite ran nothing: ${complaint}`);
    return outcomes;
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function readOutcomes(directory: string): Promise<Outcome[]> {
  const names = await readdir(directory);
  return Promise.all(
    names.map(async (name) => {
      const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1] ?? name;
      // A scenario that broke down leaves its folder empty: no check passed.
      const checks = await readFile(join(directory, name, 'checks.json'), 'utf8').catch(() => '[]');
      return outcomeOf(scenario, JSON.parse(checks));
    }),
  );
}

function outcomeOf(scenario: string, checks: readonly Check[]): Outcome {
  const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  return {
    scenario,
    passed: checks.filter(({ status }) => status === 'SUCCESS').length,
    problems: bad.map(({ id, errorMessage = '' }) => `${id}: ${errorMessage}`),
  };
}
