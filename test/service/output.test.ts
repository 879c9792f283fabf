import { describe, expect, test } from 'vitest';
import { OUTPUT_BACKLOG_BYTES_MAX } from '../../src/process-limits.ts';
import { overriding, startHarness } from '../support/harness.ts';

const LONG_MS = 50_000;

/** A busy session, and how many writes its store has taken since. */
async function busy() {
  let writes = 0;
  const harness = await startHarness({
    store: (store) =>
      overriding(store, {
        append: (...args) => {
          writes += 1;
          return store.append(...args);
        },
      }),
  });
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  writes = 0;
  return { client, sessionId, run, writes: () => writes };
}

describe('what Claude says', () => {
  test('in one moment is written together, in its order', async () => {
    const { client, sessionId, run, writes } = await busy();
    const said = Array.from({ length: 200 }, (_, index) => `${index}`);
    for (const text of said) run.say(text);
    expect(writes()).toBe(0);
    await client.call('read_events', { sessionId, after: 3, waitMs: LONG_MS });
    const { events } = await client.call('read_events', { sessionId, after: 3, limit: 500 });
    expect(events.map(({ text }) => text)).toEqual(said);
    expect(writes()).toBe(1);
  });

  test('is written before the end of its turn, without waiting for more', async () => {
    const { client, sessionId, run, writes } = await busy();
    run.say('the last words');
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: LONG_MS });
    const { events } = await client.call('read_events', { sessionId, after: 3 });
    expect(events.map(({ type }) => type)).toEqual(['text', 'turn_ended']);
    expect(writes()).toBe(1);
  });

  test('faster than it is written is taken no further until it is', async () => {
    const { client, sessionId, run } = await busy();
    run.say('x'.repeat(OUTPUT_BACKLOG_BYTES_MAX - 1));
    expect(run.listener.room()).toBeUndefined();
    run.say('xx');
    const room = run.listener.room();
    expect(room).toBeInstanceOf(Promise);
    await room;
    const { session } = await client.call('get_session', { sessionId });
    expect(session.lastSeq).toBe(5);
    expect(run.listener.room()).toBeUndefined();
  });
});
