/** What was wrong with the class this one takes the place of, and is not to come back. */

import { describe, expect, it } from 'vitest';
import type { ClaudeCodeSession, SessionStatus } from '../../src/index.ts';
import { BUFFER_ENTRIES_MAX, LIBRARY_SESSIONS_MAX } from '../../src/limits.ts';
import { newHost } from './host.ts';

const code = (word: string) => expect.objectContaining({ code: word });
const controllerOf = (abort: () => unknown) => ({ abort }) as unknown as AbortController;

/** Lets promises and ticks run, so that an uncaught error would have surfaced. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('metrics', () => {
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

describe('status', () => {
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
      const metrics = manager.getMetrics();
      clock.pass(5);
      expect(() => manager.updateStatus(session.id, word as SessionStatus)).toThrow(
        code('INVALID_REQUEST'),
      );
      expect(manager.getSession(session.id)).toBe(session);
      expect(manager.getMetrics()).toEqual(metrics);
    },
  );

  it('defect 18: error was a dead end', () => {
    const { manager } = newHost();
    const { id } = manager.createSession();
    manager.updateStatus(id, 'error');
    expect(manager.getMetrics().errorSessions).toBe(1);
    manager.updateStatus(id, 'busy');
    expect(manager.getMetrics()).toMatchObject({ errorSessions: 0, busySessions: 1 });
  });
});

describe('clean-up', () => {
  it('defect 4: it aborted busy sessions, and streaming did not count as activity', () => {
    const { manager, clock } = newHost();
    const [busy, streaming] = [manager.createSession(), manager.createSession()];
    manager.updateStatus(busy.id, 'busy');
    clock.pass(7_200_000);
    manager.appendOutput(streaming.id, 'stream', 'still here');
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
    const { id, lastActivity } = manager.createSession();
    clock.wallMs -= 5000;
    manager.updateActivity(id);
    expect(manager.getSession(id).lastActivity).toEqual(lastActivity);
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
    const again = () => {
      const session = manager.createSession();
      clock.pass(100);
      session.abortController = controllerOf(again);
    };
    again();
    expect(manager.cleanupOldSessions(5)).toBe(1);
    expect(manager.getAllSessions()).toHaveLength(1);
  });
});

describe('abort', () => {
  const throwing = () => {
    throw new Error('thrown');
  };

  it('defect 6: a listener that threw ended the process as an uncaught exception', async () => {
    const { manager, logged } = newHost();
    const session = manager.createSession();
    const controller = new AbortController();
    const order: string[] = [];
    const { signal } = controller;
    signal.addEventListener('abort', throwing);
    signal.addEventListener('abort', throwing, { capture: true, once: true });
    signal.addEventListener('abort', async () => {
      await Promise.reject(new Error('rejected'));
    });
    signal.addEventListener('abort', { handleEvent: throwing });
    signal.onabort = throwing;
    signal.addEventListener('abort', function listener(this: AbortSignal, event) {
      order.push(`${this === signal} ${event.target === signal} ${signal.aborted}`);
    });
    session.abortController = controller;
    manager.endSession(session.id);
    await settle();
    expect(order).toEqual(['true true true']);
    const errors = logged.map(({ details }) => (details as { err: Error }).err.message);
    expect(errors.sort()).toEqual(['rejected', ...Array.from({ length: 4 }, () => 'thrown')]);
  });

  it('runs each listener once and in order, and none where the signal has fired before', () => {
    const { manager } = newHost();
    const [first, second] = [manager.createSession(), manager.createSession()];
    const controller = new AbortController();
    const order: number[] = [];
    for (const index of [1, 2, 3]) {
      controller.signal.addEventListener('abort', () => order.push(index));
    }
    first.abortController = controller;
    second.abortController = controller;
    manager.endSession(first.id);
    manager.endSession(second.id);
    expect(order).toEqual([1, 2, 3]);
  });

  it('is not undone by a promise that an abort returns, nor by a logger that throws', async () => {
    const { manager, logged } = newHost();
    const session = manager.createSession();
    session.abortController = controllerOf(() => Promise.reject(new Error('late')));
    expect(manager.endSession(session.id)?.status).toBe('terminated');
    await settle();
    expect(logged).toHaveLength(1);
    const other = manager.createSession();
    logged.push = throwing;
    other.abortController = controllerOf(throwing);
    expect(manager.endSession(other.id)?.status).toBe('terminated');
  });

  it('defect 17: a second run of a busy session left the first one running unseen', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    const [idle, first, second] = [1, 2, 3].map(() => new AbortController());
    session.abortController = idle;
    session.abortController = first;
    expect(idle!.signal.aborted).toBe(false);
    manager.updateStatus(session.id, 'busy');
    session.abortController = first;
    expect(first!.signal.aborted).toBe(false);
    manager.setAbortController(session.id, second);
    expect(first!.signal.aborted).toBe(true);
    expect(session.abortController).toBe(second);
    session.abortController = undefined;
    manager.endSession(session.id);
    expect(second!.signal.aborted).toBe(false);
  });

  it('refuses what cannot abort, and a controller for a session that has ended', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    for (const junk of [null, {}, 'x', 5] as unknown as AbortController[]) {
      expect(() => manager.setAbortController(session.id, junk)).toThrow(code('INVALID_REQUEST'));
    }
    manager.endSession(session.id);
    expect(() => {
      session.abortController = new AbortController();
    }).toThrow(code('SESSION_NOT_FOUND'));
  });
});

describe('what callers hold', () => {
  it('defect 8: writing to a returned session changed the store', () => {
    const { manager } = newHost();
    const created = manager.createSession({ labels: { a: 'b' }, allowedTools: ['Read'] });
    manager.appendOutput(created.id, 'output', 'hello');
    const session = manager.getSession(created.id) as unknown as Record<string, never>;
    const before = JSON.stringify(session);
    const writes: readonly (() => void)[] = [
      () => Object.assign(session, { status: 'busy' }),
      () => Object.assign(session, { taskId: 't' }),
      () => Object.assign(session, { createdAt: new Date(0) }),
      () => Object.assign(session.options as object, { model: 'x' }),
      () => Object.assign((session.options as { labels: object }).labels, { a: 'c' }),
      () => (session.options as { allowedTools: string[] }).allowedTools.push('Bash'),
      () => (session.outputBuffer as string[]).push('x'),
      () => (session.errorBuffer as string[]).push('x'),
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

  it("defect 8: options were the caller's own object", () => {
    const { manager } = newHost();
    const allowedTools = ['Read'];
    const labels: Record<string, string> = { team: 'core' };
    const options = { model: 'opus', allowedTools, labels };
    const session = manager.createSession(options);
    options.model = 'other';
    allowedTools.push('Bash');
    labels.team = 'other';
    expect(session.options).toEqual({
      model: 'opus',
      allowedTools: ['Read'],
      labels: { team: 'core' },
    });
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

  it('labels keep a key that names the prototype as a plain label', () => {
    const labels = JSON.parse('{"__proto__": "x"}') as Record<string, string>;
    const session = newHost().manager.createSession({ labels });
    expect(Object.entries(session.options.labels ?? {})).toEqual([['__proto__', 'x']]);
  });
});

describe('bounds', () => {
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

  it('buffers that hold nothing are one shared array', () => {
    const { manager } = newHost();
    const [a, b] = [manager.createSession(), manager.createSession()];
    expect(a.outputBuffer).toBe(b.streamBuffer);
  });

  it.each(['', 'relative/path', './x', '~', 'C:'])(
    'defect 11: the working directory %j was taken as it came',
    (workingDirectory) => {
      expect(() => newHost().manager.createSession({ workingDirectory })).toThrow(
        'option workingDirectory: expected an absolute path',
      );
    },
  );

  it('defect 12: there was no cap on sessions, and ended ones must not count against it', () => {
    const { manager } = newHost();
    for (let index = 0; index <= LIBRARY_SESSIONS_MAX; index += 1) {
      manager.endSession(manager.createSession().id);
    }
    expect(manager.getMetrics().totalSessions).toBe(LIBRARY_SESSIONS_MAX + 1);
  });
});

describe('after the end', () => {
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
