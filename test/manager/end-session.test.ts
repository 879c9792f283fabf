import { describe, expect, it } from 'vitest';
import { SESSION_ID_PREFIX, type SessionManager } from '../../src/index.ts';
import { newHost } from './host.ts';

const UNKNOWN = `${SESSION_ID_PREFIX}00000000-0000-4000-8000-000000000000`;
const code = (word: string) => expect.objectContaining({ code: word });

describe('endSession', () => {
  it('aborts what runs, says terminated and forgets the session', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    const controller = new AbortController();
    session.abortController = controller;
    expect(manager.endSession(session.id, 'no longer wanted')).toBe(session);
    expect(session.status).toBe('terminated');
    expect(controller.signal.aborted).toBe(true);
    expect(controller.signal.reason).toMatchObject({
      name: 'AbortError',
      message: 'no longer wanted',
    });
    expect(manager.findSession(session.id)).toBeUndefined();
    expect(manager.getAllSessions()).toEqual([]);
  });

  it('does nothing for an unknown id, and nothing the second time', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    manager.endSession(id);
    const metrics = manager.getMetrics();
    expect(manager.endSession(id)).toBeUndefined();
    expect(manager.endSession(UNKNOWN)).toBeUndefined();
    expect(manager.endSession(undefined as unknown as string)).toBeUndefined();
    expect(manager.getMetrics()).toEqual(metrics);
  });

  it('refuses a reason that is no text, and changes nothing', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    for (const reason of ['', 'x'.repeat(1001), 5]) {
      expect(() => manager.endSession(session.id, reason as string)).toThrow(
        code('INVALID_REQUEST'),
      );
    }
    expect(manager.getSession(session.id).status).toBe('ready');
  });

  it.each<readonly [string, (manager: SessionManager, id: string) => unknown]>([
    ['updateActivity', (manager, id) => manager.updateActivity(id)],
    ['setTaskId', (manager, id) => manager.setTaskId(id, 't')],
    ['setMcpSessionId', (manager, id) => manager.setMcpSessionId(id, 'm')],
    ['getSession', (manager, id) => manager.getSession(id)],
  ])('defect 13: %s worked on a session that had ended', (_name, use) => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    manager.endSession(id);
    expect(() => use(manager, id)).toThrow(code('SESSION_NOT_FOUND'));
  });

  it('defects 14 and 15: the result of a session was lost at its end', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    manager.setTaskId(session.id, 't1');
    session.outputBuffer.push('the answer');
    manager.endSession(session.id);
    expect(session).toMatchObject({ taskId: 't1', outputBuffer: ['the answer'] });
  });
});
