import { describe, expect, test } from 'vitest';
import type { EventView } from '../support/client/tools.ts';
import { startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const KIB = 1024;
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** One kind of letter each: bytes, letters of two and three bytes, and those of two code units. */
const TEXTS = ['a', 'é', '你', '😀', '👩‍💻', '"\\\n'];

/** A session that said these texts, whose log is complete. */
async function said(texts: readonly string[]): Promise<{ client: TestClient; sessionId: string }> {
  const harness = await startHarness();
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  for (const text of texts) run.say(text);
  run.finish();
  await client.call('wait_sessions', { sessionIds: [sessionId] });
  return { client, sessionId };
}

async function readAll(client: TestClient, sessionId: string, detail: string) {
  const pages: Awaited<ReturnType<TestClient['raw']>>[] = [];
  const events: EventView[] = [];
  let after = 0;
  for (let hasMore = true; hasMore; ) {
    const args = { sessionId, after, detail, limit: 500 };
    pages.push(await client.raw('read_events', args));
    const page = await client.call('read_events', args);
    expect(page.events).not.toEqual([]);
    events.push(...page.events);
    ({ nextAfter: after, hasMore } = page);
  }
  return { pages, events };
}

describe('detail summary', () => {
  test.each(TEXTS)(
    'cuts an event of many %j to 2 KB between letters, and says so',
    async (letter) => {
      const text = `x${letter.repeat(20_000)}`;
      const { client, sessionId } = await said([text]);
      const { events } = await client.call('read_events', { sessionId, after: 3 });
      const [event] = events;
      expect(bytesOf(event)).toBeLessThanOrEqual(2 * KIB);
      const shown = String(event?.text);
      expect(shown.isWellFormed()).toBe(true);
      const [kept = '', cut] = shown.split('… [');
      expect(text.startsWith(kept)).toBe(true);
      expect(kept.length).toBeGreaterThan(100);
      expect(cut).toBe(`${text.length - kept.length} characters cut]`);
    },
  );

  test('leaves what fits as it is', async () => {
    const text = 'a'.repeat(1800);
    const { client, sessionId } = await said([text]);
    const { events } = await client.call('read_events', { sessionId, after: 3 });
    expect(events[0]?.text).toBe(text);
  });

  test('cuts the strings inside a tool input, and keeps its short ones', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId, run } = await harness.busy(client);
    const input = { file_path: '/a/b', content: 'x'.repeat(10_000), edits: ['y'.repeat(10_000)] };
    run.output({ type: 'tool_use', toolUseId: 'toolu_1', name: 'Write', input });
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const { events } = await client.call('read_events', { sessionId, after: 3 });
    expect(bytesOf(events[0])).toBeLessThanOrEqual(2 * KIB);
    expect(events[0]).toMatchObject({
      type: 'tool_use',
      name: 'Write',
      toolUseId: 'toolu_1',
      input: { file_path: '/a/b', content: expect.stringMatching(/^x+… \[\d+ characters cut\]$/) },
    });
  });

  test('an event that is large in another way says where to read it', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { sessionId, turnId, run } = await harness.busy(client);
    const input = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, i]));
    run.output({ type: 'tool_use', toolUseId: 'toolu_1', name: 'Odd', input });
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const summary = await client.call('read_events', { sessionId, after: 3, limit: 1 });
    expect(summary.events).toEqual([
      {
        seq: 4,
        at: expect.any(String),
        type: 'tool_use',
        turnId,
        cut: expect.stringContaining('detail full'),
      },
    ]);
    const full = await client.call('read_events', {
      sessionId,
      after: 3,
      limit: 1,
      detail: 'full',
    });
    expect(full.events).toMatchObject([{ input }]);
  });

  test.each(TEXTS)('keeps a reply of many %j to 64 KB, the session included', async (letter) => {
    const texts = Array.from({ length: 120 }, (_, index) => `${index} ${letter.repeat(900)}`);
    const { client, sessionId } = await said(texts);
    const { pages, events } = await readAll(client, sessionId, 'summary');
    expect(pages.length).toBeGreaterThan(1);
    for (const { structuredContent } of pages) {
      expect(bytesOf(structuredContent)).toBeLessThanOrEqual(64 * KIB);
    }
    const numbers = events
      .filter(({ type }) => type === 'text')
      .map(({ text }) => Number.parseInt(String(text), 10));
    expect(numbers).toEqual(texts.map((_, index) => index));
  });
});

describe('detail full', () => {
  test('gives whole bodies, a page of 1 MB at a time', async () => {
    const texts = Array.from({ length: 6 }, (_, index) => `${index}${'é'.repeat(120_000)}`);
    const { client, sessionId } = await said(texts);
    const { pages, events } = await readAll(client, sessionId, 'full');
    expect(pages.length).toBe(2);
    for (const { structuredContent } of pages) {
      expect(bytesOf(structuredContent)).toBeLessThanOrEqual(KIB * KIB);
    }
    const read = events.filter(({ type }) => type === 'text').map(({ text }) => text);
    expect(read).toEqual(texts);
  });

  test('gives an event that is larger than a page alone, rather than never', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const prompt = 'é'.repeat(512 * KIB);
    const { sessionId, run } = await harness.busy(client, { prompt });
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const { events, hasMore } = await client.call('read_events', {
      sessionId,
      after: 1,
      detail: 'full',
    });
    expect(events).toMatchObject([{ type: 'prompt_queued', prompt }]);
    expect(hasMore).toBe(true);
  });
});
