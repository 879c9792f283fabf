import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { script } from '../support/messages-api.ts';
import {
  commandOf,
  makeWorkplace,
  type Program,
  startProgram,
  type Workplace,
} from '../support/program.ts';
import { connectStdio } from './clients.ts';
import { type Answer, callTool, initialize, linesOf } from './json-rpc.ts';
import { OPTIONS, POLL, rest } from './sessions.ts';

describe('at the end of its input the program', OPTIONS, () => {
  test('answers a whole script that was piped into it: what was made is told', async () => {
    const place = await makeWorkplace();
    const count = 150;
    const { program, answers } = await pipe(place, count, () => creation(place));
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
    const told = answers().map(({ structuredContent }) => structuredContent?.session?.id);
    expect(new Set(told).size).toBe(count);
    const client = await connectStdio('v2 legacy', { ...commandOf(), env: place.env });
    const { sessions } = await client.call('list_sessions', { limit: 200 });
    expect(sessions.map(({ id }) => id).sort()).toEqual(told.sort());
  });

  test('answers more requests than may be under way: what it does not do, it refuses', async () => {
    const { program, answers } = await pipe(await makeWorkplace(), 1000, () => ({
      name: 'list_sessions',
      arguments: {},
    }));
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
    expect(answers()).toHaveLength(1000);
    const refused = answers().filter(({ isError }) => isError);
    for (const { content } of refused) expect(content?.[0]?.text).toContain('LIMIT_EXCEEDED');
  });

  // Less time than the calls ask for.
  test('lets no call wait', { timeout: 40_000 }, async () => {
    const place = await makeWorkplace();
    const program = startProgram({ env: place.env });
    await initialize(program);
    const prompt = script([{ hang: 'headers' }]);
    const made = await callTool(program, 'create_session', {
      ...creation(place).arguments,
      prompt,
    });
    const { session } = made as { session: { id: string } };
    await expect.poll(() => place.api.requests.length, POLL).toBeGreaterThan(0);
    const waits = [
      ['wait_sessions', { sessionIds: [session.id], waitMs: 50_000 }],
      ['read_events', { sessionId: session.id, after: 1000, waitMs: 50_000 }],
      ['send_prompt', { sessionId: session.id, prompt: 'next', waitMs: 50_000 }],
    ] as const;
    const seen = linesOf(program.stdout()).length;
    for (const [id, [name, args]] of waits.entries()) {
      program.child.stdin.write(request(100 + id, { name, arguments: args }));
    }
    program.child.stdin.end(
      request(200, { name: 'interrupt_session', arguments: { sessionId: session.id } }),
    );
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
    const ids = linesOf(program.stdout())
      .slice(seen)
      .map((line) => (JSON.parse(line) as Answer).id);
    expect(ids.sort()).toEqual([100, 101, 102, 200]);
    expect(await processesWith(place.stateDirectory)).toEqual([]);
  });

  test('keeps a prompt that came last for the next server', async () => {
    const place = await makeWorkplace();
    const prompt = script([{ text: 'done' }]);
    const asked = { ...creation(place), arguments: { ...creation(place).arguments, prompt } };
    const { program, answers } = await pipe(place, 1, () => asked);
    expect(await program.ended).toMatchObject({ code: 0, signal: null });
    const sessionId = answers()[0]?.structuredContent?.session?.id ?? '';
    const client = await connectStdio('v2 legacy', { ...commandOf(), env: place.env });
    await rest(client, sessionId);
    const { session } = await client.call('get_session', { sessionId });
    expect(session.turns).toMatchObject({ completed: 1, failed: 0 });
  });
});

type Call = { readonly name: string; readonly arguments: object };

type Result = {
  readonly isError?: boolean;
  readonly content?: readonly { readonly text: string }[];
  readonly structuredContent?: { readonly session?: { readonly id: string } };
};

function creation({ directory }: Workplace): Call {
  return { name: 'create_session', arguments: { workingDirectory: directory } };
}

/** Writes so many calls behind `initialize` in one go, and nothing more. */
async function pipe(
  place: Workplace,
  count: number,
  callOf: (id: number) => Call,
): Promise<{ program: Program; answers: () => Result[] }> {
  const program = startProgram({ env: place.env });
  await initialize(program);
  const ids = Array.from({ length: count }, (_, id) => 1000 + id);
  program.child.stdin.end(ids.map((id) => request(id, callOf(id))).join(''));
  const answers = () =>
    linesOf(program.stdout())
      .map((line) => JSON.parse(line) as { id?: unknown; result?: Result })
      .flatMap(({ id, result }) => (Number(id) >= 1000 && result ? [result] : []));
  return { program, answers };
}

function request(id: number, params: Call): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })}\n`;
}
