import { describe, expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { type Loss, lossFrom, lossOf, requeueText } from '../../src/service/loss.ts';
import { type Harness, overriding, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const FULL = new SessionError('UNAVAILABLE', 'the disk of the state directory is full');

const SAYINGS: readonly [Loss, RegExp, RegExp][] = [
  [{ kind: 'gone' }, /its server is gone/, /check what was done/],
  [{ kind: 'out-of-sight' }, /another container|restart of the machine/, /check what was done/],
  [{ kind: 'silent' }, /unresponsive for longer than its lease/, /stopped or hung server/],
  [{ kind: 'unheeded' }, /did not carry out an order in time/, /stopped or hung server/],
  [{ kind: 'unrenewed' }, /could not renew its lease/, /disk of the state directory/],
  [lossFrom(FULL), /the disk of the state directory is full/, /missing from the log/],
  [lossFrom(new RangeError('2^53')), /could not be stored/, /server log/],
  [{ kind: 'dropped' }, /stopped running it/, /server log/],
];

describe('the reason of a lost turn', () => {
  test.each(SAYINGS)('%o has a sentence of its own, and says what to do', (loss, why, what) => {
    const { code, message, retryable, hint } = lossOf('t', loss);
    expect(message).toMatch(/^turn t is lost: /);
    expect(message).toMatch(why);
    expect(hint).toMatch(what);
    expect(retryable).toBe(false);
    expect(code).toBe(loss.kind === 'unkept' ? 'INTERNAL' : 'UNAVAILABLE');
    expect(requeueText(loss)).toMatch(why);
    expect(requeueText(loss)).toContain('was requeued');
    const alike = SAYINGS.filter(([other]) => lossOf('t', other).message === message);
    expect(alike).toHaveLength(1);
  });
});

/** A server whose log takes nothing while it is told so. */
async function startFailing(): Promise<{ harness: Harness; fail: { with?: Error } }> {
  const fail: { with?: Error } = {};
  const harness = await startHarness({
    mayLogErrors: true,
    store: (store) =>
      overriding(store, {
        append: (...args) => (fail.with ? Promise.reject(fail.with) : store.append(...args)),
        release: (...args) => (fail.with ? Promise.reject(fail.with) : store.release(...args)),
        takeOver: (...args) => (fail.with ? Promise.reject(fail.with) : store.takeOver(...args)),
        note: (fence, fact) =>
          fail.with && 'promptedTurn' in fact ? Promise.reject(fail.with) : store.note(fence, fact),
      }),
  });
  return { harness, fail };
}

async function endOf(client: TestClient, sessionId: string): Promise<unknown> {
  await client.call('read_events', { sessionId, until: 'turn_end', waitMs: 20_000 });
  const { events } = await client.call('read_events', { sessionId, limit: 500 });
  return events.findLast(({ type }) => type === 'turn_ended')?.turn;
}

describe('a turn whose log could not go on', () => {
  test.each([
    ['a full disk', FULL, FULL.message, 'UNAVAILABLE'],
    ['a value that cannot be kept', new RangeError('2^53'), 'could not be stored', 'INTERNAL'],
  ])('because of %s says so, whenever that can be written', async (_, error, message, code) => {
    const { harness, fail } = await startFailing();
    const client = await harness.connect();
    const { sessionId, run } = await harness.busy(client);
    fail.with = error;
    run.say('not kept');
    await harness.runner.waitFor(({ isClosed }) => isClosed);
    await expect
      .poll(() => harness.logged.some(({ msg }) => msg === 'failed to release a lease'))
      .toBe(true);
    delete fail.with;
    expect(await endOf(client, sessionId)).toMatchObject({
      state: 'lost',
      error: { code, message: expect.stringContaining(message) },
    });
  });

  test('before its prompt was sent waits again, and its session is in no error', async () => {
    const { harness, fail } = await startFailing();
    const client = await harness.connect();
    const release = harness.runner.holdStarts();
    const { session } = await client.call('create_session', { prompt: 'once' });
    await expect.poll(() => harness.runner.specs.length).toBe(1);
    fail.with = FULL;
    release();
    await harness.runner.waitFor(({ isClosed }) => isClosed);
    delete fail.with;
    const run = await harness.running(session.id);
    expect(run.prompts).toMatchObject([{ text: 'once' }]);
    const { events, session: after } = await client.call('read_events', { sessionId: session.id });
    expect(after.status).toBe('busy');
    expect(events.find(({ type }) => type === 'notice')).toMatchObject({
      text: expect.stringContaining(FULL.message),
    });
  });
});
