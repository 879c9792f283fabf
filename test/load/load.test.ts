import { expect, test } from 'vitest';
import { carryOut } from '../rig/run.ts';
import { load } from './load.ts';

test('many MCP sessions with many Claude sessions each see their own, all of them, and no others', {
  timeout: 120_000,
}, async () => {
  const { summary, violations } = await carryOut(load, {
    initializes: 0,
    halfOpen: 0,
    sessions: 10,
    calls: 10,
    mcpSessions: 50,
    each: 10,
    deafRequests: 500,
  });
  expect(violations).toEqual([]);
  expect(summary).toMatchObject({ latency: { calls: 100 }, crossTalk: { claudeSessions: 500 } });
});
