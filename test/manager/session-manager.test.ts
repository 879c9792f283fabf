import { isAbsolute } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type ClaudeCodeOptions,
  type ClaudeCodeSession,
  SESSION_ID_PREFIX,
  SessionError,
  SessionManager,
  SessionNotFoundError,
  type SessionStatus,
} from '../../src/index.ts';
import { LIBRARY_SESSIONS_MAX } from '../../src/limits.ts';
import { controllerOf, newHost } from './host.ts';

const UNKNOWN = `${SESSION_ID_PREFIX}00000000-0000-4000-8000-000000000000`;
const code = (word: string) => expect.objectContaining({ code: word });

describe('new SessionManager', () => {
  it('works without any dependency', () => {
    const manager = new SessionManager();
    const before = Date.now();
    const session = manager.createSession();
    expect(session.id).toMatch(
      /^claude_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(session.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    manager.endSession(session.id);
    expect(manager.getMetrics().averageSessionDuration).toBeGreaterThanOrEqual(0);
  });

  it('says nothing about a failed abort unless it is given a logger', () => {
    const manager = new SessionManager();
    const session = manager.createSession();
    session.abortController = controllerOf(() => {
      throw new Error('broken');
    });
    expect(manager.endSession(session.id)?.status).toBe('terminated');
  });
});

describe('createSession', () => {
  it('makes a ready session in the directory of the process', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    expect({ ...session }).toEqual({
      id: 'claude_1',
      status: 'ready',
      workingDirectory: process.cwd(),
      options: {},
      outputBuffer: [],
      errorBuffer: [],
      streamBuffer: [],
      createdAt: new Date(clock.wallMs),
      lastActivity: new Date(clock.wallMs),
    });
    expect(isAbsolute(session.workingDirectory)).toBe(true);
    expect(session.taskId).toBeUndefined();
    expect(session.abortController).toBeUndefined();
  });

  it('refuses an id that is in use', () => {
    const manager = new SessionManager({ newId: () => 'same' });
    manager.createSession();
    expect(() => manager.createSession()).toThrow('newId returned the id of claude_same twice');
    expect(manager.getMetrics().totalSessions).toBe(1);
  });
});

describe('getSession and findSession', () => {
  it('differ if there is no such session', () => {
    const { manager } = newHost();
    expect(manager.findSession(UNKNOWN)).toBeUndefined();
    expect(() => manager.getSession(UNKNOWN)).toThrow(SessionNotFoundError);
    expect(() => manager.getSession(UNKNOWN)).toThrow(code('SESSION_NOT_FOUND'));
    expect(new SessionNotFoundError('x')).toBeInstanceOf(SessionError);
    for (const junk of [undefined, null, 5, '__proto__'] as unknown as string[]) {
      expect(manager.findSession(junk)).toBeUndefined();
    }
  });
});

describe('updateActivity', () => {
  it('touches lastActivity and leaves the rest', () => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    const before = { ...session };
    clock.pass(250);
    manager.updateActivity(session.id);
    expect(session).toEqual({ ...before, lastActivity: new Date(clock.wallMs) });
  });
});

describe('setTaskId and setMcpSessionId', () => {
  it('count the last call', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    for (const name of ['a', 'b', 'a']) {
      manager.setTaskId(session.id, name);
      manager.setMcpSessionId(session.id, name);
      expect(session).toMatchObject({ taskId: name, mcpSessionId: name });
    }
  });

  it.each(['', 'x'.repeat(201), 5, undefined])('refuse %j and change nothing', (value) => {
    const { manager, clock } = newHost();
    const session = manager.createSession();
    const before = { ...session };
    clock.pass(5);
    const id = value as string;
    expect(() => manager.setTaskId(session.id, id)).toThrow(code('INVALID_REQUEST'));
    expect(() => manager.setMcpSessionId(session.id, id)).toThrow(code('INVALID_REQUEST'));
    expect(session).toEqual(before);
  });
});

describe('getAllSessions', () => {
  it('lists what has not ended, in the order of creation, in an array of the caller', () => {
    const { manager } = newHost();
    const [a, b, c] = [manager.createSession(), manager.createSession(), manager.createSession()];
    manager.endSession(b.id);
    manager.updateActivity(a.id);
    const all = manager.getAllSessions();
    expect(all.map((session) => session.id)).toEqual([a.id, c.id]);
    all.length = 0;
    expect(manager.getAllSessions()).toHaveLength(2);
  });
});

describe('with LIBRARY_SESSIONS_MAX sessions', () => {
  it('refuses one more until one has ended', () => {
    const { manager } = fullHost();
    expect(() => manager.createSession()).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        message: '100000 sessions have not ended (LIBRARY_SESSIONS_MAX)',
        retryable: true,
      }),
    );
    manager.endSession('claude_1');
    expect(manager.createSession().status).toBe('ready');
  }, 180_000);

  it('touches, counts and looks for idle ones without a look at each of them', () => {
    const { manager, clock } = fullHost();
    const started = performance.now();
    let total = 0;
    for (let index = 1; index <= 50_000; index += 1) {
      clock.pass(1);
      manager.updateActivity(`claude_${index}`);
      total += manager.cleanupOldSessions(50_000) + manager.getMetrics().totalSessions;
    }
    // It takes milliseconds; five thousand million looks would take far longer.
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(total).toBe(50_000 * LIBRARY_SESSIONS_MAX);
    clock.pass(1);
    expect(manager.cleanupOldSessions(50_000)).toBe(50_000);
  }, 180_000);

  it('defect 12: there was no cap on sessions, and ended ones must not count against it', () => {
    const { manager } = newHost();
    for (let index = 0; index <= LIBRARY_SESSIONS_MAX; index += 1) {
      manager.endSession(manager.createSession().id);
    }
    expect(manager.getMetrics().totalSessions).toBe(LIBRARY_SESSIONS_MAX + 1);
  }, 180_000);

  function fullHost() {
    const host = newHost();
    for (let index = 0; index < LIBRARY_SESSIONS_MAX; index += 1) host.manager.createSession();
    return host;
  }
});

describe('the exported types', () => {
  it('name the five statuses, and what of a session can be assigned', () => {
    expectTypeOf<SessionStatus>().toEqualTypeOf<
      'initializing' | 'ready' | 'busy' | 'error' | 'terminated'
    >();
    expectTypeOf<ClaudeCodeSession>().toEqualTypeOf<{
      readonly id: string;
      readonly status: SessionStatus;
      readonly workingDirectory: string;
      readonly options: ClaudeCodeOptions;
      readonly outputBuffer: string[];
      readonly errorBuffer: string[];
      readonly streamBuffer: string[];
      readonly createdAt: Date;
      readonly lastActivity: Date;
      readonly taskId?: string;
      readonly mcpSessionId?: string;
      abortController?: AbortController | undefined;
    }>();
    expect(SESSION_ID_PREFIX).toBe('claude_');
  });
});
