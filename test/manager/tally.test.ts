import { describe, expect, it } from 'vitest';
import { newHost } from './host.ts';

describe('getMetrics', () => {
  it('starts with zeros', () => {
    expect(newHost().manager.getMetrics()).toEqual({
      totalSessions: 0,
      activeSessions: 0,
      busySessions: 0,
      initializingSessions: 0,
      errorSessions: 0,
      endedSessions: 0,
      averageSessionDuration: 0,
      errorRate: 0,
    });
  });

  it('defect 1: the mean duration was always 0 and ended sessions left the total', () => {
    const { manager, clock } = newHost();
    const [a, b] = [manager.createSession(), manager.createSession()];
    manager.createSession();
    clock.pass(100);
    manager.endSession(a.id);
    clock.pass(200);
    manager.updateStatus(b.id, 'terminated');
    expect(manager.getMetrics()).toMatchObject({
      totalSessions: 3,
      activeSessions: 1,
      endedSessions: 2,
      averageSessionDuration: 200,
    });
  });

  it('defect 3: initializing was counted nowhere', () => {
    const { manager } = newHost();
    for (const status of ['initializing', 'ready', 'busy', 'error'] as const) {
      manager.updateStatus(manager.createSession().id, status);
    }
    manager.endSession(manager.createSession().id);
    expect(manager.getMetrics()).toEqual({
      totalSessions: 5,
      activeSessions: 2,
      busySessions: 1,
      initializingSessions: 1,
      errorSessions: 1,
      endedSessions: 1,
      averageSessionDuration: 0,
      errorRate: 0.2,
    });
  });

  it('defect 22: the error rate was NaN without sessions, and after the last had ended', () => {
    const { manager } = newHost();
    expect(manager.getMetrics().errorRate).toBe(0);
    manager.endSession(manager.createSession().id);
    expect(manager.getMetrics().errorRate).toBe(0);
  });
});
