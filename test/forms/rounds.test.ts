import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { FORM_ROUNDS_MAX } from '../../src/limits.ts';
import type { EventView, SessionView } from '../support/client/tools.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import { connectByHand } from '../support/person.ts';

type Round = {
  readonly requestState?: string;
  readonly inputRequests?: Record<string, unknown>;
  readonly structuredContent?: { events: EventView[]; session: SessionView };
};

type Back = { readonly requestState?: string; readonly action?: string; readonly content?: object };

/** One round of a call, with what the client brings back from the one before. */
async function round(client: Client, name: string, args: object, back: Back = {}): Promise<Round> {
  const { requestState, ...response } = back;
  const params = {
    name,
    arguments: { ...args },
    ...(requestState && { requestState, inputResponses: { permission: response } }),
  };
  return (await client.callTool(params, { allowInputRequired: true })) as Round;
}

/** A call that has come back with a form. */
async function asked() {
  const harness = await startHarness();
  const client = await connectByHand(harness);
  const { session } = (await round(client, 'create_session', { prompt: 'go' }))
    .structuredContent as { session: SessionView };
  const run = await harness.running(session.id);
  const reply = run.ask({ toolName: 'Bash' });
  const args = { sessionId: session.id, after: 3, until: 'attention', waitMs: 50_000 };
  const { requestState = '', inputRequests } = await round(client, 'read_events', args);
  expect(Object.keys(inputRequests ?? {})).toEqual(['permission']);
  return { harness, client, run, reply, args, requestState };
}

const ALLOW = { action: 'accept', content: { decision: 'allow' } };
const REFUSED = { code: -32602, message: expect.stringContaining('requestState') };

async function answers(harness: Harness, sessionId: string): Promise<number> {
  const { events } = await (await harness.connect()).call('read_events', { sessionId });
  return events.filter(({ type }) => type === 'permission_answered').length;
}

describe('a call in rounds', () => {
  test('brought back twice answers once', async () => {
    const { harness, client, run, reply, args, requestState } = await asked();
    const rounds = [1, 2].map(() => round(client, 'read_events', args, { requestState, ...ALLOW }));
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    for (const { structuredContent } of await Promise.all(rounds)) {
      expect(structuredContent?.events.at(-1)?.type).toBe('turn_ended');
    }
    await round(client, 'read_events', args, { requestState, ...ALLOW });
    expect(await answers(harness, args.sessionId)).toBe(1);
  });

  test('with a state that was changed, or that somebody else sealed, is refused and answers nothing', async () => {
    const { harness, client, args, requestState } = await asked();
    const [version, body = '', mac] = requestState.split('.');
    const text = Buffer.from(body, 'base64url').toString().replace('read_events', 'get_events');
    const forged = [version, Buffer.from(text).toString('base64url'), mac].join('.');
    const foreign = await asked();
    for (const state of [forged, foreign.requestState, 'v1.x.y', `${requestState}x`]) {
      const back = { requestState: state, ...ALLOW };
      await expect(round(client, 'read_events', args, back)).rejects.toMatchObject(REFUSED);
    }
    expect(await answers(harness, args.sessionId)).toBe(0);
  });

  test('with the state of another tool answers nothing', async () => {
    const { harness, client, args, requestState } = await asked();
    const { sessionId } = args;
    const back = { requestState, ...ALLOW };
    await round(client, 'wait_sessions', { sessionIds: [sessionId], waitMs: 0 }, back);
    expect(await answers(harness, sessionId)).toBe(0);
  });

  test('of a client whose person has put the form aside shows it in no later call', async () => {
    const { client, args, requestState } = await asked();
    const second = await round(client, 'read_events', args, { requestState, action: 'cancel' });
    expect(second.structuredContent?.session.pendingPermissions).toBe(1);
    const later = await round(client, 'read_events', args);
    expect(later.inputRequests).toBeUndefined();
  });

  test('gives a form to a client once, so that one that cannot show it has a result next time', async () => {
    const { harness, client, args, run } = await asked();
    const again = await round(client, 'read_events', args);
    expect(again.inputRequests).toBeUndefined();
    expect(again.structuredContent?.session.pendingPermissions).toBe(1);
    // The next request is a new question.
    void run.ask({ toolName: 'Write' });
    const next = await round(client, 'wait_sessions', { sessionIds: [args.sessionId] });
    expect(next.inputRequests).toBeDefined();
    expect(await answers(harness, args.sessionId)).toBe(0);
  });

  test.each([
    {},
    { inputResponses: {} },
    { inputResponses: { permission: {} } },
    { inputResponses: { permission: { action: 'accept' } } },
    { inputResponses: { permission: { action: 'accept', content: { decision: 'maybe' } } } },
    { inputResponses: { other: ALLOW } },
  ])(
    'brought back without an answer has a result, and the request stays open: %j',
    async (back) => {
      const { harness, client, args, requestState } = await asked();
      const params = { name: 'read_events', arguments: { ...args }, requestState, ...back };
      const { inputRequests, structuredContent } = (await client.callTool(params, {
        allowInputRequired: true,
      })) as Round;
      expect(inputRequests).toBeUndefined();
      expect(structuredContent?.session.pendingPermissions).toBe(1);
      expect(await answers(harness, args.sessionId)).toBe(0);
    },
  );

  test('ends before the client gives up, however much Claude asks', async () => {
    const { client, run, args, requestState } = await asked();
    let back = requestState;
    for (let rounds = 1; rounds < FORM_ROUNDS_MAX; rounds++) {
      void run.ask({ toolName: 'Bash' });
      const next = await round(client, 'read_events', args, { requestState: back, ...ALLOW });
      back = next.requestState ?? '';
      expect(next.inputRequests).toBeDefined();
    }
    void run.ask({ toolName: 'Bash' });
    const final = await round(client, 'read_events', args, { requestState: back, ...ALLOW });
    expect(final.structuredContent?.session.pendingPermissions).toBe(1);
  });
});
