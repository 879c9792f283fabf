import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import type { ClientKind } from '../support/client/sdk-client.ts';
import { makeWorkplace } from '../support/program.ts';
import { doMainJob } from './main-job.ts';

const REVISIONS: readonly [ClientKind, string | undefined][] = [
  ['v1', undefined],
  ['v2 legacy', '2025-11-25'],
  ['v2 auto', '2026-07-28'],
];

describe('the program over standard input and output', { timeout: 180_000 }, () => {
  test.each(REVISIONS)('does the main job for the %s client', async (kind, revision) => {
    const place = await makeWorkplace();
    const client = await place.connect(kind);
    expect(client.protocolVersion).toBe(revision);
    const session = await doMainJob(client, place);
    expect(session.mcpSessionId).toMatch(/^stdio_[0-9a-f]{8}-/);
    await client.close();
    expect(await processesWith(place.stateDirectory)).toEqual([]);
  });

  test('ties the sessions of one process to one id, and of another process to another', async () => {
    const place = await makeWorkplace();
    const create = { workingDirectory: place.directory };
    const one = await place.connect('v2 auto');
    const two = await place.connect('v1');
    const made = [];
    for (const client of [one, one, two]) made.push(await client.call('create_session', create));
    const [first, second, third] = made.map(({ session }) => session.mcpSessionId);
    expect(first).toMatch(/^stdio_/);
    expect(second).toBe(first);
    expect(third).toMatch(/^stdio_/);
    expect(third).not.toBe(first);
  });
});
