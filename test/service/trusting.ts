/** Servers whose operator, or whose user in Claude Code, trusts directories. */

import { expect } from 'vitest';
import type { TrustedDirectory } from '../../src/service/trust.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const LONG_MS = 50_000;

export type Setting = {
  readonly directories?: readonly TrustedDirectory[];
  readonly record?: boolean;
};

/** A server whose operator trusts these; without any, the record counts, as on stdio. */
export async function start({ directories = [], record = true }: Setting = {}) {
  const harness = await startHarness({
    settings: { trust: { directories, countsRecord: record } },
  });
  return { harness, client: await harness.connect({ principal: 'local' }) };
}

export async function trustAgain(
  harness: Harness,
  trusted: readonly string[],
  setting: Setting = {},
) {
  const { directories = [], record = true } = setting;
  await harness.reopen({ trust: { directories, countsRecord: record } });
  harness.runner.trusted = trusted;
  return harness.connect({ principal: 'local' });
}

/** The level with which the next process of the session is started, and the one that is shown then. */
export async function startedWith(harness: Harness, client: TestClient, sessionId: string) {
  const starts = harness.runner.specs.length;
  const sent = client.call('send_prompt', { sessionId, prompt: 'go', waitMs: LONG_MS });
  (await harness.running(sessionId)).finish();
  await sent;
  expect(harness.runner.specs).toHaveLength(starts + 1);
  const { session } = await client.call('get_session', { sessionId });
  return [harness.runner.specs.at(-1)?.options.settings, session.settings];
}
