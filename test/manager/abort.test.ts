import { describe, expect, it } from 'vitest';
import { controllerOf, newHost } from './host.ts';

const code = (word: string) => expect.objectContaining({ code: word });

/** Lets promises and ticks run, so that an uncaught error would have surfaced. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

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

  it('runs each listener once and in order, and none if the signal has fired before', async () => {
    const { manager } = newHost();
    const order: string[] = [];
    const run = (name: string): AbortController => {
      const controller = new AbortController();
      for (const index of [1, 2, 3]) {
        controller.signal.addEventListener('abort', () => order.push(`${name}${index}`));
      }
      return controller;
    };
    const [fired, live] = [run('a'), run('b')];
    fired.abort();
    for (const controller of [fired, live]) {
      const session = manager.createSession();
      session.abortController = controller;
      manager.endSession(session.id);
    }
    await settle();
    expect(order).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
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

  it('defect 10: options were logged whole, with what they hold of secrets', () => {
    const { manager, logged } = newHost();
    const session = manager.createSession({
      workingDirectory: '/home/me/secret-project',
      appendSystemPrompt: 'the key is sk-ant-secret',
      labels: { token: 'secret' },
    });
    session.outputBuffer.push('secret');
    session.abortController = controllerOf(throwing);
    manager.endSession(session.id);
    const details = { sessionId: session.id, err: new Error('thrown') };
    expect(logged).toEqual([{ details, message: 'abort of a session failed' }]);
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
    session.abortController = second;
    expect(first!.signal.aborted).toBe(true);
    expect(session.abortController).toBe(second);
    session.abortController = undefined;
    manager.endSession(session.id);
    expect(second!.signal.aborted).toBe(false);
  });

  it('refuses what cannot abort, and a controller for a session that has ended', () => {
    const { manager } = newHost();
    const session = manager.createSession();
    const set = (controller: unknown) => () =>
      Object.assign(session, { abortController: controller });
    for (const junk of [null, {}, 'x', 5]) expect(set(junk)).toThrow(code('INVALID_REQUEST'));
    expect(session.abortController).toBeUndefined();
    manager.endSession(session.id);
    expect(set(new AbortController())).toThrow(code('SESSION_NOT_READY'));
    expect(session.abortController).toBeUndefined();
  });
});
