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
import { LIBRARY_SESSIONS_MAX, TASKS_PER_SESSION_MAX } from '../../src/limits.ts';
import { newHost } from './host.ts';

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
    session.abortController = { abort: () => fail() } as unknown as AbortController;
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

  it('takes every option', () => {
    const options: ClaudeCodeOptions = {
      workingDirectory: '/home/me/project',
      timeout: 30_000,
      maxTurns: 5,
      model: 'opus',
      allowedTools: ['Read', 'Bash(git:*)'],
      disallowedTools: ['WebFetch'],
      customSystemPrompt: 'be brief',
      appendSystemPrompt: '',
      permissionMode: 'plan',
      maxBudgetUsd: 0.5,
      name: 'my session',
      labels: { team: 'core', empty: '' },
      onDisconnect: 'end',
    };
    const session = newHost().manager.createSession(options);
    expect(session.options).toEqual(options);
    expect(session.workingDirectory).toBe('/home/me/project');
  });

  it('takes an undefined option as one that was not given', () => {
    const given = { model: undefined, timeout: 5 } as unknown as ClaudeCodeOptions;
    expect(newHost().manager.createSession(given).options).toStrictEqual({ timeout: 5 });
  });

  it.each<readonly [string, unknown]>([
    ['options', null],
    ['options', 'x'],
    ['options', [1]],
    ['workingDirectory', 5],
    ['workingDirectory', `/${'x'.repeat(4096)}`],
    ['workingDirectory', '/a\0b'],
    ['timeout', -1],
    ['timeout', 0],
    ['timeout', Number.NaN],
    ['timeout', Number.POSITIVE_INFINITY],
    ['timeout', '5'],
    ['maxTurns', 0],
    ['maxTurns', 1.5],
    ['maxBudgetUsd', -1],
    ['model', ''],
    ['model', null],
    ['name', 'x'.repeat(201)],
    ['allowedTools', 'Read'],
    ['allowedTools', [1]],
    ['disallowedTools', Array.from({ length: 201 }, () => 'Read')],
    ['customSystemPrompt', 'é'.repeat(128 * 1024 + 1)],
    ['permissionMode', 'yolo'],
    ['onDisconnect', 'END'],
    ['labels', { team: 1 }],
    ['labels', new Map([['team', 'core']])],
    ['labels', { ['x'.repeat(65)]: '' }],
    ['labels', Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`${index}`, '']))],
    ['colour', 'red'],
    ['constructor', 'red'],
  ])('refuses %s: %j and makes nothing', (name, value) => {
    const { manager } = newHost();
    const given = name === 'options' ? value : { [name]: value };
    expect(() => manager.createSession(given as ClaudeCodeOptions)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining(name),
      }),
    );
    expect(manager.getMetrics().totalSessions).toBe(0);
  });

  it('refuses an id that is in use', () => {
    const manager = new SessionManager({ newId: () => 'same' });
    manager.createSession();
    expect(() => manager.createSession()).toThrow('newId gave the id of claude_same twice');
    expect(manager.getMetrics().totalSessions).toBe(1);
  });
});

describe('getSession and findSession', () => {
  it('give the same object until the session changes', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    expect(manager.getSession(session.id)).toBe(session);
    expect(manager.findSession(session.id)).toBe(session);
    manager.updateActivity(session.id);
    expect(manager.getSession(session.id)).not.toBe(session);
  });

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

describe('updateStatus', () => {
  it('goes along the table and touches the session', () => {
    const { manager, clock } = newHost();
    const { id } = manager.createSession();
    for (const status of ['initializing', 'ready', 'busy', 'error', 'busy', 'ready'] as const) {
      clock.pass(10);
      manager.updateStatus(id, status);
      expect(manager.getSession(id)).toMatchObject({
        status,
        lastActivity: new Date(clock.wallMs),
      });
    }
  });

  it('refuses a change that the table does not know, and changes nothing', () => {
    const { manager, clock } = newHost();
    const { id } = manager.createSession();
    manager.updateStatus(id, 'busy');
    const before = manager.getSession(id);
    clock.pass(10);
    expect(() => manager.updateStatus(id, 'initializing')).toThrow(code('CONFLICT'));
    expect(manager.getSession(id)).toBe(before);
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
    const touch: readonly ((id: string) => void)[] = [
      (id) => manager.updateActivity(id),
      (id) => manager.updateStatus(id, 'ready'),
      (id) => manager.setTaskId(id, 'same'),
      (id) => manager.setMcpSessionId(id, 'same'),
      (id) => manager.appendOutput(id, 'stream', 'x'),
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
});

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
  });
});

function fail(): never {
  throw new Error('abort is broken');
}
