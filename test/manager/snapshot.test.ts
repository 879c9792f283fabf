import { describe, expect, it } from 'vitest';
import { newHost } from './host.ts';

/** A session as a careless caller sees it. */
type Held = {
  options: { labels: object; allowedTools: string[] };
  outputBuffer: string[];
  errorBuffer: string[];
};

describe('a returned session', () => {
  it('give the same object until the session changes', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    expect(manager.getSession(session.id)).toBe(session);
    expect(manager.findSession(session.id)).toBe(session);
    manager.updateActivity(session.id);
    expect(manager.getSession(session.id)).not.toBe(session);
  });

  it('defect 8: writing to a returned session changed the store', () => {
    const { manager } = newHost();
    const created = manager.createSession({ labels: { a: 'b' }, allowedTools: ['Read'] });
    manager.appendOutput(created.id, 'output', 'hello');
    const session = manager.getSession(created.id) as unknown as Held;
    const before = JSON.stringify(session);
    const writes: readonly (() => void)[] = [
      () => Object.assign(session, { status: 'busy' }),
      () => Object.assign(session, { taskId: 't' }),
      () => Object.assign(session, { createdAt: new Date(0) }),
      () => Object.assign(session.options, { model: 'x' }),
      () => Object.assign(session.options.labels, { a: 'c' }),
      () => session.options.allowedTools.push('Bash'),
      () => session.outputBuffer.push('x'),
      () => session.errorBuffer.push('x'),
      () => Object.defineProperty(session, 'id', { value: 'x' }),
    ];
    for (const write of writes) expect(write).toThrow(TypeError);
    expect(JSON.stringify(manager.getSession(created.id))).toBe(before);
  });

  it('defect 8: writing to a returned date changed the store', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    const { createdAt } = session;
    session.createdAt.setTime(0);
    session.lastActivity.setTime(Number.NaN);
    expect(session.createdAt).toEqual(createdAt);
    expect(manager.getSession(session.id).lastActivity).toEqual(createdAt);
  });

  it('a snapshot stays what it was when the session goes on', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    const before = JSON.stringify(session);
    clock.pass(5);
    manager.setTaskId(session.id, 't');
    manager.appendOutput(session.id, 'error', 'x');
    manager.updateStatus(session.id, 'busy');
    manager.endSession(session.id);
    expect(JSON.stringify(session)).toBe(before);
  });

  it('buffers that hold nothing are one shared array', () => {
    const { manager } = newHost();
    const [a, b] = [manager.createSession(), manager.createSession()];
    expect(a.outputBuffer).toBe(b.streamBuffer);
  });
});
