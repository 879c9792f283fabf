import { describe, expect, it } from 'vitest';
import {
  combine,
  contributionOf,
  differenceOf,
  METRIC_NAMES,
  NO_METRICS,
  scopesOf,
} from '../../src/session/metrics.ts';
import { apply } from '../../src/session/session.ts';
import { SESSION_STATUSES } from '../../src/session/status.ts';
import { append, inStatus, newSession, next } from './log.ts';

describe('contributionOf', () => {
  it('counts each status under its own names, and every session in the total', () => {
    const counts = SESSION_STATUSES.map((status) => {
      const { totalSessions, activeSessions, busySessions, errorSessions, endedSessions } =
        contributionOf({ ...newSession(), status });
      return [totalSessions, activeSessions, busySessions, errorSessions, endedSessions];
    });
    expect(counts).toEqual([
      [1, 0, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [1, 1, 1, 0, 0],
      [1, 0, 0, 1, 0],
      [1, 0, 0, 0, 1],
    ]);
  });

  it('counts what is queued and what waits for an answer', () => {
    expect(contributionOf(inStatus('busy').session)).toMatchObject({
      queuedTurns: 1,
      pendingPermissions: 1,
    });
  });

  it('counts the duration of an ended session, never below zero', () => {
    const session = newSession(5000);
    const endAt = (at: number) =>
      contributionOf(apply(session, next(session, { type: 'session_ended', reason: '' }, at)));
    expect(contributionOf(session).endedDurationMs).toBe(0);
    expect(endAt(7500).endedDurationMs).toBe(2500);
    expect(endAt(4000).endedDurationMs).toBe(0);
  });

  it('counts turns and usage as the record has them', () => {
    const usage = {
      inputTokens: 1,
      outputTokens: 2,
      cacheReadTokens: 3,
      cacheWriteTokens: 4,
      costUsd: 0.5,
    };
    const turns = {
      queued: 5,
      running: 1,
      completed: 6,
      failed: 7,
      interrupted: 8,
      lost: 3,
      cancelled: 9,
    };
    expect(contributionOf({ ...newSession(), usage, turns })).toEqual({
      ...NO_METRICS,
      ...usage,
      totalSessions: 1,
      activeSessions: 1,
      queuedTurns: 5,
      completedTurns: 6,
      failedTurns: 7,
    });
  });
});

describe('sums', () => {
  it('name every metric', () => {
    expect([...METRIC_NAMES].sort()).toEqual(Object.keys(NO_METRICS).sort());
  });

  it('differ by what changed, and by nothing where nothing counted did', () => {
    const ready = newSession();
    const busy = { ...ready, status: 'busy' as const };
    const change = differenceOf(contributionOf(busy), contributionOf(ready));
    expect(change).toEqual({ ...NO_METRICS, busySessions: 1 });
    const noted = append(ready, { type: 'notice', text: 'x' });
    expect(differenceOf(contributionOf(noted), contributionOf(ready))).toBeUndefined();
  });

  it('keep dollars to a billionth', () => {
    const cents = { ...NO_METRICS, costUsd: 0.1 };
    const sum = [1, 2, 3].reduce((total) => combine(total, cents), NO_METRICS);
    expect(sum.costUsd).toBe(0.3);
  });
});

describe('scopesOf', () => {
  it('names the principal, each task and the MCP session, where there is one', () => {
    expect(scopesOf(newSession())).toEqual(['principal']);
    const session = append(
      newSession(),
      { type: 'task_linked', taskId: 'a' },
      { type: 'task_linked', taskId: 'b' },
      { type: 'session_tied', mcpSessionId: 'a' },
    );
    expect(scopesOf(session)).toEqual(['principal', 'task:a', 'task:b', 'mcp:a']);
  });
});
