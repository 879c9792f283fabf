import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { newHost } from './host.ts';

describe('a session', () => {
  it('is one object, whichever method returns it, and shows the present, its end included', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    expect(manager.getSession(session.id)).toBe(session);
    expect(manager.findSession(session.id)).toBe(session);
    expect(manager.getAllSessions()[0]).toBe(session);
    clock.pass(5);
    manager.updateStatus(session.id, 'busy');
    manager.setTaskId(session.id, 't');
    manager.setMcpSessionId(session.id, 'm');
    const lastActivity = new Date(clock.wallMs);
    expect(session).toMatchObject({ status: 'busy', taskId: 't', mcpSessionId: 'm', lastActivity });
    expect(manager.endSession(session.id)).toBe(session);
    expect(session.status).toBe('terminated');
  });

  const written = {
    status: 'use updateStatus',
    taskId: 'use setTaskId',
    mcpSessionId: 'use setMcpSessionId',
    lastActivity: 'use updateActivity',
    createdAt: 'it never changes',
    outputBuffer: 'set its length to 0 to empty it',
    id: 'read only property',
    workingDirectory: 'read only property',
    options: 'read only property',
    other: 'not extensible',
  };

  it.each(Object.entries(written))('refuses a write to %s and says: %s', (name, advice) => {
    const { manager } = newHost();
    const session = manager.createSession({ labels: { a: 'b' } });
    const before = JSON.stringify(session);
    expect(() => Object.assign(session, { [name]: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(session, { [name]: 'x' })).toThrow(advice);
    expect(() => Object.defineProperty(session, name, { value: 'x' })).toThrow(TypeError);
    expect(JSON.stringify(session)).toBe(before);
  });

  it('defect 8: writing to its options or its dates changed the session', () => {
    const { manager } = newHost();
    const session = manager.createSession({ labels: { a: 'b' }, allowedTools: ['Read'] });
    const before = JSON.stringify(session);
    const { options } = session as unknown as {
      options: { labels: object; allowedTools: string[] };
    };
    expect(() => Object.assign(options, { model: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(options.labels, { a: 'c' })).toThrow(TypeError);
    expect(() => options.allowedTools.push('Bash')).toThrow(TypeError);
    session.createdAt.setTime(0);
    session.lastActivity.setTime(Number.NaN);
    expect(JSON.stringify(session)).toBe(before);
  });

  it('can be spread, compared, cloned, logged and written as JSON, without its controller', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession({ workingDirectory: '/home/me', model: 'opus' });
    manager.setTaskId(session.id, 't');
    session.outputBuffer.push('hello');
    session.abortController = new AbortController();
    const plain = {
      id: 'claude_1',
      workingDirectory: '/home/me',
      options: { workingDirectory: '/home/me', model: 'opus' },
      status: 'ready',
      outputBuffer: ['hello'],
      errorBuffer: [],
      streamBuffer: [],
      createdAt: new Date(clock.wallMs),
      lastActivity: new Date(clock.wallMs),
      taskId: 't',
      mcpSessionId: undefined,
    };
    expect(session).toEqual(plain);
    expect({ ...session }).toStrictEqual(plain);
    expect(structuredClone(session)).toStrictEqual(plain);
    expect(inspect(session)).toBe(inspect(plain));
    expect(JSON.parse(JSON.stringify(session))).toEqual(JSON.parse(JSON.stringify(plain)));
  });

  it('takes text after its end, which ends nothing else and is no activity', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    manager.endSession(session.id);
    clock.pass(5);
    session.outputBuffer.push('late');
    session.abortController = undefined;
    expect(session.outputBuffer).toEqual(['late']);
    expect(session.lastActivity).toEqual(session.createdAt);
    expect(manager.cleanupOldSessions(0)).toBe(0);
  });
});
