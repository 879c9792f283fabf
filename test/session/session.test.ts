import { describe, expect, it } from 'vitest';
import { apply, applyCreated, hasFailed, taskIdOf } from '../../src/session/session.ts';
import { addUsage } from '../../src/session/usage.ts';
import { append, CREATED, FAILURE, inStatus, newSession, next } from './log.ts';

const TURN = { sessionId: 'claude_1', origin: 'prompt', queuedAt: 1 } as const;
const NO_TURNS = {
  queued: 0,
  running: 0,
  completed: 0,
  failed: 0,
  interrupted: 0,
  lost: 0,
  cancelled: 0,
};
const USAGE = {
  inputTokens: 10,
  outputTokens: 20,
  cacheReadTokens: 30,
  cacheWriteTokens: 40,
  costUsd: 0.1,
};

function started(id: string, origin: 'prompt' | 'autonomous' = 'prompt') {
  const turn = { ...TURN, id, origin, state: 'running' as const };
  return { type: 'turn_started', turnId: id, turn } as const;
}

function ended(id: string, state: 'completed' | 'failed' | 'interrupted' | 'lost', usage?: object) {
  const turn = { ...TURN, id, state, ...(usage && { usage: USAGE }) };
  return { type: 'turn_ended', turnId: id, turn } as const;
}

/** Changes nothing but the time of the last activity. */
const SAID = { type: 'text', text: 'hello' } as const;

const queued = (turnId: string) => ({ type: 'prompt_queued', turnId, prompt: 'go' }) as const;

describe('applyCreated', () => {
  it('begins a record with what its first event says', () => {
    const event = {
      ...CREATED,
      mcpSessionId: 'stdio_1',
      name: 'my session',
      labels: { team: 'core' },
      forkOf: { sessionId: 'claude_0' },
    };
    expect(applyCreated('claude_1', { ...event, seq: 1, at: 7 })).toEqual({
      id: 'claude_1',
      principal: 'local',
      mcpSessionId: 'stdio_1',
      status: 'ready',
      name: 'my session',
      options: { workingDirectory: '/home/me/project' },
      labels: { team: 'core' },
      forkOf: { sessionId: 'claude_0' },
      taskIds: [],
      createdAt: 7,
      lastActivity: 7,
      turns: NO_TURNS,
      pendingPermissions: 0,
      lastSeq: 1,
      usage: {
        inputTokens: 0,
        outputTokens: 0,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        costUsd: 0,
      },
    });
  });

  it('refuses a log that begins with anything else', () => {
    expect(() => applyCreated('claude_1', { ...SAID, seq: 1, at: 0 })).toThrow(
      'log of claude_1 starts with text, seq 1',
    );
    expect(() => applyCreated('claude_1', { ...CREATED, seq: 2, at: 0 })).toThrow('seq 2');
  });
});

describe('apply', () => {
  it.each([0, 1, 3])('refuses seq %i after seq 1', (seq) => {
    expect(() => apply(newSession(), { ...SAID, seq, at: 0 })).toThrow(
      `log of claude_1: seq ${seq} after 1`,
    );
  });

  it('refuses a change of status that the table does not know', () => {
    const session = { ...newSession(), status: 'initializing' as const };
    expect(() => append(session, started('1'))).toThrow(
      'log of claude_1: initializing cannot become busy',
    );
  });

  it('refuses every event after the end', () => {
    const { session } = inStatus('terminated');
    for (const body of [SAID, { type: 'session_ended', reason: 'x' }] as const) {
      expect(() => append(session, body)).toThrow('terminated cannot become terminated');
    }
  });

  it('refuses a second creation', () => {
    expect(() => append(newSession(), CREATED)).toThrow('log of claude_1: created again at seq 2');
  });

  it('leaves the record it was given alone', () => {
    const session = Object.freeze(newSession());
    const after = append(session, { type: 'task_linked', taskId: 't1' });
    expect(session).toEqual(newSession());
    expect(after).toEqual({ ...session, taskIds: ['t1'], lastSeq: 2 });
  });

  it('takes the time of the event as last activity, and never goes back with it', () => {
    const session = newSession(1000);
    const later = apply(session, next(session, SAID, 5000));
    expect(later.lastActivity).toBe(5000);
    expect(apply(later, next(later, SAID, 2000)).lastActivity).toBe(5000);
  });

  it('keeps tasks in the order of linking, each once, the last one in front', () => {
    const link = (taskId: string) => ({ type: 'task_linked', taskId }) as const;
    const session = append(newSession(), link('a'), link('b'), link('c'), link('a'));
    expect(session.taskIds).toEqual(['b', 'c', 'a']);
    expect(taskIdOf(session)).toBe('a');
    const without = append(session, { type: 'task_unlinked', taskId: 'a' });
    expect(taskIdOf(without)).toBe('c');
    expect(taskIdOf(newSession())).toBeNull();
  });

  it('remembers the MCP session it is tied to last, or none', () => {
    const tied = append(newSession(), { type: 'session_tied', mcpSessionId: 'm1' });
    expect(tied.mcpSessionId).toBe('m1');
    expect(append(tied, { type: 'session_tied', mcpSessionId: null }).mcpSessionId).toBeNull();
  });

  it('is busy while a turn runs and counts how each one ended', () => {
    const running = append(newSession(), queued('1'), queued('2'), started('1'));
    expect(running).toMatchObject({ status: 'busy', turns: { queued: 1, running: 1 } });
    const after = append(
      running,
      ended('1', 'completed'),
      started('2'),
      ended('2', 'failed'),
      started('3', 'autonomous'),
      ended('3', 'lost'),
      started('4', 'autonomous'),
      ended('4', 'interrupted'),
    );
    expect(after.status).toBe('ready');
    expect(after.turns).toEqual({ ...NO_TURNS, completed: 1, failed: 2, lost: 1, interrupted: 1 });
    const cancelled = { type: 'prompt_cancelled', turnId: '5', prompt: 'p' } as const;
    expect(append(after, queued('5'), cancelled).turns).toEqual({ ...after.turns, cancelled: 1 });
  });

  it('says how the turn that started last has ended, or that it runs', () => {
    const fresh = append(newSession(), queued('1'), queued('2'));
    expect(fresh).not.toHaveProperty('lastTurn');
    const running = append(fresh, started('1'));
    expect(running.lastTurn).toEqual({ id: '1', state: 'running' });
    const requeued = { type: 'notice', turnId: '1', text: '', requeued: true } as const;
    const again = append(running, requeued);
    expect(again.lastTurn).toEqual({ id: '1', state: 'queued' });
    const cancel = (turnId: string) => ({ type: 'prompt_cancelled', turnId, prompt: 'p' }) as const;
    expect(append(again, cancel('1')).lastTurn).toMatchObject({ id: '1', state: 'cancelled' });
    const turn = {
      ...TURN,
      id: '1',
      state: 'lost',
      error: FAILURE,
      endedAt: 9,
      result: 'x',
    } as const;
    const lost = append(running, { type: 'turn_ended', turnId: '1', turn });
    expect(lost.lastTurn).toEqual({ id: '1', state: 'lost', error: FAILURE, endedAt: 9 });
    expect([running, lost].map(hasFailed)).toEqual([false, true]);
    expect(append(lost, cancel('2')).lastTurn).toEqual(lost.lastTurn);
    expect(append(lost, started('2')).lastTurn).toEqual({ id: '2', state: 'running' });
  });

  it('sums the usage of turns without drifting', () => {
    const session = append(
      newSession(),
      ...['1', '2', '3'].flatMap((id) => [
        started(id, 'autonomous'),
        ended(id, 'completed', USAGE),
      ]),
      started('4', 'autonomous'),
      ended('4', 'failed'),
    );
    expect(session.usage).toEqual({
      inputTokens: 30,
      outputTokens: 60,
      cacheReadTokens: 90,
      cacheWriteTokens: 120,
      costUsd: 0.3,
    });
    expect(addUsage(USAGE, { ...USAGE, costUsd: 0.2 }).costUsd).toBe(0.3);
  });

  it('takes a requeued turn back into the queue', () => {
    const running = append(newSession(), queued('1'), started('1'));
    const notice = { type: 'notice', turnId: '1', text: 'lease lost' } as const;
    expect(append(running, notice)).toMatchObject({ status: 'busy', turns: { running: 1 } });
    expect(append(running, { ...notice, requeued: true })).toMatchObject({
      status: 'ready',
      turns: { queued: 1, running: 0 },
    });
  });

  it('keeps an error until the session works again, whatever happens to its turn', () => {
    const running = append(newSession(), queued('1'), started('1'));
    const failed = append(running, { type: 'session_error', error: FAILURE });
    const expected = { status: 'error', error: FAILURE };
    expect(append(failed, ended('1', 'failed'))).toMatchObject(expected);
    const requeued = append(failed, { type: 'notice', turnId: '1', text: '', requeued: true });
    expect(requeued).toMatchObject(expected);
    expect(requeued.turns).toMatchObject({ queued: 1, running: 0 });
    const again = append(requeued, started('1'));
    expect(again.status).toBe('busy');
    expect(again).not.toHaveProperty('error');
  });

  it('keeps the error of a session that ends with one, the time and the reason', () => {
    const failed = append(newSession(), { type: 'session_error', error: FAILURE });
    const over = apply(failed, next(failed, { type: 'session_ended', reason: 'given up' }, 4000));
    expect(over).toMatchObject({
      status: 'terminated',
      error: FAILURE,
      endedAt: 4000,
      endReason: 'given up',
    });
  });

  it('counts what waits for permission', () => {
    const { session } = inStatus('busy');
    expect(session.pendingPermissions).toBe(1);
    const request = inStatus('busy').openRequests[0];
    if (request === undefined) throw new Error('no request');
    const answered = append(session, { type: 'permission_answered', request });
    expect(answered.pendingPermissions).toBe(0);
    expect(answered.status).toBe('busy');
  });

  it('takes what Claude says as activity and nothing else', () => {
    const session = newSession(1000);
    const text = { type: 'text', text: 'hello' } as const;
    expect(apply(session, next(session, text, 3000))).toEqual({
      ...session,
      lastSeq: 2,
      lastActivity: 3000,
    });
  });
});
