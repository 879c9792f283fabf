import { describe, expect, it } from 'vitest';
import type { SessionStatus } from '../../src/index.ts';
import { newHost } from './host.ts';

const code = (word: string) => expect.objectContaining({ code: word });

describe('updateStatus', () => {
  it('goes along the table and touches the session', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    for (const status of ['initializing', 'ready', 'busy', 'error', 'busy', 'ready'] as const) {
      clock.pass(10);
      manager.updateStatus(session.id, status);
      expect(session).toMatchObject({ status, lastActivity: new Date(clock.wallMs) });
    }
  });

  it('refuses a change that is not in the table, and changes nothing', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    manager.updateStatus(session.id, 'busy');
    const before = { ...session };
    clock.pass(10);
    expect(() => manager.updateStatus(session.id, 'initializing')).toThrow(code('CONFLICT'));
    expect({ ...session }).toEqual(before);
  });

  it('defect 2: setting terminated left a zombie that a later busy revived', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    const controller = new AbortController();
    session.abortController = controller;
    manager.updateStatus(session.id, 'terminated');
    expect(controller.signal.aborted).toBe(true);
    expect(manager.findSession(session.id)).toBeUndefined();
    expect(() => manager.updateStatus(session.id, 'busy')).toThrow(code('SESSION_NOT_FOUND'));
  });

  it.each(['', 'READY', 'zombie', '__proto__', null, undefined, 7])(
    'defect 3: any word was taken as a status, such as %j',
    (word) => {
      const { manager, clock } = newHost();
      const session = manager.createSession();
      const before = [{ ...session }, manager.getMetrics()];
      clock.pass(5);
      expect(() => manager.updateStatus(session.id, word as SessionStatus)).toThrow(
        code('INVALID_REQUEST'),
      );
      expect([{ ...session }, manager.getMetrics()]).toEqual(before);
    },
  );

  it('defect 16: a start that failed could not be seen', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    manager.updateStatus(id, 'initializing');
    expect(manager.getMetrics()).toMatchObject({ activeSessions: 0, initializingSessions: 1 });
    manager.updateStatus(id, 'error');
    expect(manager.getSession(id).status).toBe('error');
    expect(manager.getMetrics()).toMatchObject({ errorSessions: 1, errorRate: 1 });
  });

  it('defect 18: error was a dead end', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    manager.updateStatus(id, 'error');
    expect(manager.getMetrics().errorSessions).toBe(1);
    manager.updateStatus(id, 'busy');
    expect(manager.getMetrics()).toMatchObject({ errorSessions: 0, busySessions: 1 });
  });
});
