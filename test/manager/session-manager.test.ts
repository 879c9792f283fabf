import { isAbsolute } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type ClaudeCodeSession,
  SESSION_ID_PREFIX,
  SessionError,
  SessionManager,
  SessionNotFoundError,
  type SessionStatus,
} from '../../src/index.ts';
import {
  BUFFER_ENTRIES_MAX,
  LIBRARY_SESSIONS_MAX,
  TASKS_PER_SESSION_MAX,
} from '../../src/limits.ts';
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
    expect(Object.keys(session)).not.toContain('taskId');
    expect(Object.keys(session)).not.toContain('mcpSessionId');
    expect(session.abortController).toBeUndefined();
  });

  it('refuses an id that is in use', () => {
    const manager = new SessionManager({ newId: () => 'same' });
    manager.createSession();
    expect(() => manager.createSession()).toThrow('newId gave the id of claude_same twice');
    expect(manager.getMetrics().totalSessions).toBe(1);
  });
});

describe('getSession and findSession', () => {
  it('differ where there is none', () => {
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
    clock.pass(250);
    manager.updateActivity(session.id);
    expect({ ...manager.getSession(session.id) }).toEqual({
      ...session,
      lastActivity: new Date(clock.wallMs),
    });
  });
});

describe('setTaskId', () => {
  it('shows the task linked last', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    for (const taskId of ['a', 'b', 'a']) {
      manager.setTaskId(id, taskId);
      expect(manager.getSession(id).taskId).toBe(taskId);
    }
  });

  it('lets the first link give way at TASKS_PER_SESSION_MAX', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    for (let index = 0; index <= TASKS_PER_SESSION_MAX; index += 1) {
      manager.setTaskId(id, `t${index}`);
    }
    expect(manager.getSession(id).taskId).toBe(`t${TASKS_PER_SESSION_MAX}`);
  });

  it.each(['', 'x'.repeat(201), 5, undefined])('refuses %j', (taskId) => {
    const { manager } = newHost();
    const session = manager.createSession();
    expect(() => manager.setTaskId(session.id, taskId as string)).toThrow(code('INVALID_REQUEST'));
    expect(manager.getSession(session.id)).toBe(session);
  });
});

describe('setMcpSessionId', () => {
  it('ties the session, the last call winning', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    manager.setMcpSessionId(id, 'stdio_1');
    manager.setMcpSessionId(id, 'stdio_2');
    expect(manager.getSession(id).mcpSessionId).toBe('stdio_2');
    expect(() => manager.setMcpSessionId(id, '')).toThrow(code('INVALID_REQUEST'));
  });
});

describe('appendOutput', () => {
  it('defect 9: buffers grew without end', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    for (let index = 0; index <= BUFFER_ENTRIES_MAX; index += 1) {
      manager.appendOutput(id, 'output', `${index}`);
    }
    manager.appendOutput(id, 'error', 'oops');
    manager.appendOutput(id, 'stream', '{}');
    const { outputBuffer, errorBuffer, streamBuffer } = manager.getSession(id);
    expect([outputBuffer.length, outputBuffer[0]]).toEqual([BUFFER_ENTRIES_MAX, '1']);
    expect([errorBuffer, streamBuffer]).toEqual([['oops'], ['{}']]);
  });

  it.each([
    ['input', 'x'],
    ['constructor', 'x'],
    ['output', 5],
    ['output', undefined],
  ])('appendOutput refuses %j, %j and changes nothing', (buffer, text) => {
    const { manager } = newHost();
    const session = manager.createSession();
    expect(() => manager.appendOutput(session.id, buffer as 'output', text as string)).toThrow(
      code('INVALID_REQUEST'),
    );
    expect(manager.getSession(session.id)).toBe(session);
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

describe('LIBRARY_SESSIONS_MAX', () => {
  it('is held, and one more is refused until one has ended', () => {
    const { manager } = newHost();
    for (let index = 0; index < LIBRARY_SESSIONS_MAX; index += 1) manager.createSession();
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

  it('defect 12: there was no cap on sessions, and ended ones must not count against it', () => {
    const { manager } = newHost();
    for (let index = 0; index <= LIBRARY_SESSIONS_MAX; index += 1) {
      manager.endSession(manager.createSession().id);
    }
    expect(manager.getMetrics().totalSessions).toBe(LIBRARY_SESSIONS_MAX + 1);
  }, 180_000);
});

describe('the exported types', () => {
  it('name the five statuses and read-only sessions', () => {
    expectTypeOf<SessionStatus>().toEqualTypeOf<
      'initializing' | 'ready' | 'busy' | 'error' | 'terminated'
    >();
    expectTypeOf<ClaudeCodeSession['createdAt']>().toEqualTypeOf<Date>();
    expectTypeOf<ClaudeCodeSession['outputBuffer']>().toEqualTypeOf<readonly string[]>();
    expect(SESSION_ID_PREFIX).toBe('claude_');
  });
});
