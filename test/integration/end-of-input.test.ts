import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { call, line, linesOf } from '../support/client/messages.ts';
import { type Place, Server } from '../support/client/place.ts';
import { script } from '../support/messages-api.ts';
import { makePlace, makeWorkplace } from '../support/program.ts';
import { OPTIONS, POLL, rest } from './sessions.ts';

describe('at the end of its input the program', OPTIONS, () => {
  test('answers a whole script that was piped into it: what was made is told', async () => {
    const place = await makePlace();
    const answers = await pipe(place, 150, 'create_session');
    const told = answers.map(({ structuredContent }) => structuredContent?.session?.id);
    expect(new Set(told).size).toBe(150);
    const client = await place.connect('v2 legacy');
    const listed: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await client.call('list_sessions', { limit: 200, cursor });
      listed.push(...page.sessions.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(listed.sort()).toEqual(told.sort());
  });

  test('answers more requests than may be under way: what it does not do, it refuses', async () => {
    const answers = await pipe(await makePlace(), 1000, 'list_sessions');
    expect(answers).toHaveLength(1000);
    const refused = answers.filter(({ isError }) => isError);
    for (const { content } of refused) expect(content?.[0]?.text).toContain('LIMIT_EXCEEDED');
  });

  // Less time than the calls ask for.
  test('lets no call wait', { timeout: 40_000 }, async () => {
    const place = await makeWorkplace();
    const server = await new Server(place).initialize();
    const prompt = script([{ hang: 'headers' }]);
    const { session } = await server.call('create_session', { prompt });
    await expect.poll(() => place.api.requests.length, POLL).toBeGreaterThan(0);
    const sessionId = session.id;
    const ids: unknown[] = [];
    server.onLine = (each) => ids.push(JSON.parse(each.toString()).id);
    server.write(
      call(100, 'wait_sessions', { sessionIds: [sessionId], waitMs: 50_000 }),
      call(101, 'read_events', { sessionId, after: 1000, waitMs: 50_000 }),
      call(102, 'send_prompt', { sessionId, prompt: 'next', waitMs: 50_000 }),
      call(200, 'interrupt_session', { sessionId }),
    );
    expect(await server.program.leave()).toMatchObject({ code: 0, signal: null });
    expect(ids.sort()).toEqual([100, 101, 102, 200]);
    expect(await processesWith(place.stateDirectory)).toEqual([]);
  });

  test('keeps a prompt that came last for the next server', async () => {
    const place = await makeWorkplace();
    const prompt = script([{ text: 'done' }]);
    const [answer] = await pipe(place, 1, 'create_session', { prompt });
    const sessionId = answer?.structuredContent?.session?.id ?? '';
    const client = await place.connect('v2 legacy');
    await rest(client, sessionId);
    const { session } = await client.call('get_session', { sessionId });
    expect(session.turns).toMatchObject({ completed: 1, failed: 0 });
  });
});

type Result = {
  readonly isError?: boolean;
  readonly content?: readonly { readonly text: string }[];
  readonly structuredContent?: { readonly session?: { readonly id: string } };
};

/** Writes calls of one tool behind `initialize` in one go, and nothing more. */
async function pipe(place: Place, count: number, tool: string, args: object = {}) {
  const { program } = await new Server(place).initialize();
  const ids = Array.from({ length: count }, (_, id) => id);
  program.child.stdin.end(ids.map((id) => line(call(id, tool, args))).join(''));
  const { code, signal, stdout } = await program.ended;
  expect([code, signal]).toEqual([0, null]);
  return linesOf(stdout)
    .map((each) => JSON.parse(each) as { id?: unknown; result?: Result })
    .flatMap(({ id, result }) => (typeof id === 'number' && result ? [result] : []));
}
