import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SILENT_MS_MIN, UNFINISHED_TEXT_CHARS_MAX } from '../../src/limits.ts';
import { readUnfinished } from '../../src/service/unfinished.ts';
import { uuidOf } from '../../src/session/session.ts';
import { type Harness, startHarness } from '../support/harness.ts';

const POLL = { timeout: 30_000, interval: 5 };

async function busy() {
  const harness = await startHarness();
  const client = await harness.connect();
  return { harness, client, ...(await harness.busy(client)) };
}

function textOf(harness: Harness, sessionId: string): () => Promise<string | undefined> {
  return async () => (await readUnfinished(harness.settings.stateDir, sessionId))?.text;
}

function fileOf(harness: Harness, sessionId: string): string {
  return join(harness.settings.stateDir, 'unfinished', `${uuidOf(sessionId)}.json`);
}

describe('what Claude is writing', () => {
  test('is shown to the operator alone, as far as it is, and is not in the log', async () => {
    const { harness, sessionId, run } = await busy();
    const text = textOf(harness, sessionId);
    const before = await harness.store.events(sessionId, 0, 500);
    expect(await text()).toBeUndefined();
    run.write('half');
    run.write('half a sentence');
    await expect.poll(text, POLL).toBe('half a sentence');
    const file = fileOf(harness, sessionId);
    expect([file, join(file, '..')].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o600, 0o700,
    ]);
    run.write('half a sentence and more');
    await expect.poll(text, POLL).toBe('half a sentence and more');
    expect(await harness.store.events(sessionId, 0, 500)).toEqual(before);
  });

  test('is gone before its event can be read, and stays gone', async () => {
    const { harness, sessionId, run } = await busy();
    const text = textOf(harness, sessionId);
    run.write('half');
    await expect.poll(text, POLL).toBe('half');
    let shown: string | undefined = 'never looked';
    harness.store.observe({
      committed: async () => {
        shown = await text();
      },
    });
    run.write('half and half');
    run.say('half and half');
    expect(await text()).toBeUndefined();
    await expect.poll(() => shown, POLL).toBeUndefined();
    // Another text, after the time at which the first would have been shown again.
    run.write('next');
    await expect.poll(text, POLL).toBe('next');
  });

  test('is gone when its turn ends without it, and while Claude thinks', async () => {
    const { harness, client, sessionId, run } = await busy();
    const text = textOf(harness, sessionId);
    run.write('half');
    await expect.poll(text, POLL).toBe('half');
    run.write();
    await expect.poll(text, POLL).toBeUndefined();
    run.write('half again');
    await expect.poll(text, POLL).toBe('half again');
    await client.call('interrupt_session', { sessionId });
    expect(await text()).toBeUndefined();
  });

  test('left by a server that died is gone when the next process of the session starts', async () => {
    const { harness, client, sessionId, run, finish } = await busy();
    run.write('half');
    await expect.poll(textOf(harness, sessionId), POLL).toBe('half');
    await finish();
    run.exit();
    await expect.poll(() => harness.store.leases(sessionId), POLL).toEqual([]);
    writeFileSync(fileOf(harness, sessionId), JSON.stringify({ at: 1, text: 'old' }));
    await client.call('send_prompt', { sessionId, prompt: 'go on' });
    await harness.running(sessionId);
    expect(await textOf(harness, sessionId)()).toBeUndefined();
  });

  test('fits in its file, whatever its characters, and what does not is not read', async () => {
    const { harness, sessionId, run } = await busy();
    const widest = '\u0001'.repeat(UNFINISHED_TEXT_CHARS_MAX);
    run.write(widest);
    await expect.poll(textOf(harness, sessionId), POLL).toBe(widest);
    for (const wrong of ['{"at": 1', '{"text": 7}', ' '.repeat(9 * UNFINISHED_TEXT_CHARS_MAX)]) {
      writeFileSync(fileOf(harness, sessionId), wrong);
      expect(await textOf(harness, sessionId)()).toBeUndefined();
    }
  });

  test('that cannot be shown stops nothing', async () => {
    const { harness, client, sessionId, run, finish } = await busy();
    writeFileSync(join(harness.settings.stateDir, 'unfinished'), 'in the way');
    run.write('half');
    await expect
      .poll(() => harness.logged.some(({ msg }) => msg.startsWith('unfinished text')), POLL)
      .toBe(true);
    run.say('half and half');
    await finish();
    const { session } = await client.call('get_session', { sessionId });
    expect(session.turns.completed).toBe(1);
  });
});

test('a session in which Claude writes for minutes is not silent; one in which nothing comes is', async () => {
  const leaseTimes = { leaseMs: 600_000, renewMs: 50, selfFenceMs: 500_000 };
  const harness = await startHarness({ leaseTimes });
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  const session = async () => (await client.call('get_session', { sessionId })).session;
  const before = await session();
  harness.pass(3 * SILENT_MS_MIN);
  expect((await session()).silentSince).toBe(before.lastActivity);
  run.write();
  await expect.poll(async () => (await session()).silentSince, POLL).toBeUndefined();
  const after = await session();
  expect(Date.parse(after.lastActivity) - Date.parse(before.lastActivity)).toBeGreaterThanOrEqual(
    3 * SILENT_MS_MIN,
  );
  expect(after.lastSeq).toBe(before.lastSeq);
  harness.pass(SILENT_MS_MIN);
  expect((await session()).silentSince).toBe(after.lastActivity);
});
