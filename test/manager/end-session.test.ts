import { describe, expect, it } from 'vitest';
import { type ClaudeCodeSession, SESSION_ID_PREFIX } from '../../src/index.ts';
import { newHost } from './host.ts';

const UNKNOWN = `${SESSION_ID_PREFIX}00000000-0000-4000-8000-000000000000`;
const code = (word: string) => expect.objectContaining({ code: word });

describe('endSession', () => {
  it('aborts what runs, says terminated and forgets the session', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    const controller = new AbortController();
    session.abortController = controller;
    const ended = manager.endSession(session.id, 'no longer wanted');
    expect(ended).toMatchObject({ id: session.id, status: 'terminated' });
    expect(Object.isFrozen(ended)).toBe(true);
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
    expect(manager.getSession(session.id)).toBe(session);
  });

  const uses: readonly (readonly [
    string,
    (host: ReturnType<typeof newHost>, id: string) => void,
  ])[] = [
    ['updateActivity', ({ manager }, id) => manager.updateActivity(id)],
    ['setTaskId', ({ manager }, id) => manager.setTaskId(id, 't')],
    ['setMcpSessionId', ({ manager }, id) => manager.setMcpSessionId(id, 'm')],
    ['appendOutput', ({ manager }, id) => manager.appendOutput(id, 'output', 'x')],
    ['getSession', ({ manager }, id) => void manager.getSession(id)],
  ];

  it.each(uses)('defect 13: %s worked on a session that had ended', (_name, use) => {
    const host = newHost();
    const { id } = host.manager.createSession();
    host.manager.endSession(id);
    expect(() => use(host, id)).toThrow(code('SESSION_NOT_FOUND'));
  });

  it('defects 14 and 15: an end told nothing, and its result was lost', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    manager.setTaskId(id, 't1');
    manager.appendOutput(id, 'output', 'the answer');
    const ended: ClaudeCodeSession | undefined = manager.endSession(id);
    expect(ended).toMatchObject({
      status: 'terminated',
      taskId: 't1',
      outputBuffer: ['the answer'],
    });
    expect(manager.endSession(id)).toBeUndefined();
  });
});
