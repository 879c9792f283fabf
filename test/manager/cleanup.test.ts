import { describe, expect, it } from 'vitest';
import { controllerOf, newHost } from './host.ts';

const code = (word: string) => expect.objectContaining({ code: word });

describe('cleanupOldSessions', () => {
  it('ends what has been idle for longer than the age, an hour by default', () => {
    const { manager, clock } = newHost();
    const old = manager.createSession();
    clock.pass(1);
    const young = manager.createSession();
    clock.pass(3_600_000);
    expect(manager.cleanupOldSessions()).toBe(1);
    expect(manager.findSession(old.id)).toBeUndefined();
    expect(manager.findSession(young.id)).toBeDefined();
    expect(manager.cleanupOldSessions()).toBe(0);
  });

  it('counts from the last activity, whatever it was', () => {
    const { manager, clock } = newHost();
    const touch: readonly ((id: string) => unknown)[] = [
      (id) => manager.updateActivity(id),
      (id) => manager.updateStatus(id, 'ready'),
      (id) => manager.setTaskId(id, 'same'),
      (id) => manager.setMcpSessionId(id, 'same'),
      (id) => manager.getSession(id).streamBuffer.push('x'),
    ];
    const ids = touch.map(() => manager.createSession().id);
    const idle = manager.createSession().id;
    for (let round = 0; round < 3; round += 1) {
      clock.pass(60);
      ids.forEach((id, index) => {
        touch[index]?.(id);
      });
    }
    expect(manager.cleanupOldSessions(100)).toBe(1);
    expect(manager.findSession(idle)).toBeUndefined();
    expect(manager.getAllSessions().map(({ id }) => id)).toEqual(ids);
  });

  it('ends sessions in any other status but busy', () => {
    const { manager, clock } = newHost();
    for (const status of ['initializing', 'ready', 'busy', 'error'] as const) {
      manager.updateStatus(manager.createSession().id, status);
    }
    clock.pass(10);
    expect(manager.cleanupOldSessions(0)).toBe(3);
    expect(manager.getAllSessions().map(({ status }) => status)).toEqual(['busy']);
  });

  it('defect 4: it aborted busy sessions, and streaming did not count as activity', () => {
    const { manager, clock } = newHost();
    const [busy, streaming] = [manager.createSession(), manager.createSession()];
    manager.updateStatus(busy.id, 'busy');
    clock.pass(7_200_000);
    streaming.streamBuffer.push('still here');
    expect(manager.cleanupOldSessions()).toBe(0);
    manager.updateStatus(busy.id, 'ready');
    expect(manager.cleanupOldSessions()).toBe(0);
    clock.pass(3_600_001);
    expect(manager.cleanupOldSessions()).toBe(2);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '60000', null])(
    'defect 5: an age of %j wiped fresh sessions or cleaned nothing without a word',
    (age) => {
      const { manager, clock } = newHost();
      manager.createSession();
      clock.pass(10);
      expect(() => manager.cleanupOldSessions(age as number)).toThrow(code('INVALID_REQUEST'));
      expect(manager.getAllSessions()).toHaveLength(1);
    },
  );

  it('defect 6: one abort that threw stopped it and left its session as it was', () => {
    const { manager, clock, logged } = newHost();
    const sessions = [1, 2, 3].map(() => manager.createSession());
    const controllers = sessions.map(() => new AbortController());
    sessions.forEach((session, index) => {
      session.abortController = controllers[index];
    });
    sessions[0]!.abortController = controllerOf(() => {
      throw new Error('broken');
    });
    clock.pass(10);
    expect(manager.cleanupOldSessions(5)).toBe(3);
    expect(manager.getAllSessions()).toEqual([]);
    expect(controllers.map(({ signal }) => signal.aborted)).toEqual([false, true, true]);
    expect(logged).toEqual([
      {
        details: { sessionId: 'claude_1', err: new Error('broken') },
        message: 'abort of a session failed',
      },
    ]);
  });

  it('defect 7: a jump of the wall clock reaped everything, or nothing ever again', () => {
    const { manager, clock } = newHost();
    const { id } = manager.createSession();
    clock.wallMs += 365 * 86_400_000;
    expect(manager.cleanupOldSessions(1000)).toBe(0);
    clock.wallMs -= 2 * 365 * 86_400_000;
    expect(manager.cleanupOldSessions(1000)).toBe(0);
    clock.elapsedMs += 1001;
    expect(manager.cleanupOldSessions(1000)).toBe(1);
    expect(manager.findSession(id)).toBeUndefined();
    expect(manager.getMetrics().averageSessionDuration).toBe(1001);
  });

  it('defect 7: times that are shown do not go back with the wall clock', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    clock.wallMs -= 5000;
    manager.updateActivity(session.id);
    expect(session.lastActivity).toEqual(session.createdAt);
  });

  it('defect 21: a listener that changes sessions could end one twice', () => {
    const { manager, clock } = newHost();
    const sessions = [1, 2, 3, 4].map(() => manager.createSession());
    const seen: unknown[] = [];
    sessions[0]!.abortController = controllerOf(() => {
      seen.push(manager.findSession('claude_1'), manager.endSession('claude_1'));
      manager.endSession('claude_2');
      manager.updateActivity('claude_3');
      seen.push(manager.cleanupOldSessions(5), manager.createSession().id);
    });
    clock.pass(10);
    expect(manager.cleanupOldSessions(5)).toBe(1);
    expect(seen).toEqual([undefined, undefined, 1, 'claude_5']);
    expect(manager.getAllSessions().map(({ id }) => id)).toEqual(['claude_3', 'claude_5']);
    expect(manager.getMetrics()).toMatchObject({ totalSessions: 5, endedSessions: 3 });
  });

  it('defect 21: a listener that makes idle sessions could keep it running for ever', () => {
    const { manager, clock } = newHost();
    let made = 0;
    const again = () => {
      made += 1;
      if (made > 20) return;
      const session = manager.createSession();
      clock.pass(100);
      session.abortController = controllerOf(again);
    };
    again();
    expect(manager.cleanupOldSessions(5)).toBe(1);
    expect(manager.getAllSessions()).toHaveLength(1);
  });
});
