/**
 * What another principal can find out of a session: nothing. Everything that a client can ask is asked twice, about a
 * session of somebody else and about one that never existed; the results are in `ownership.snapshot.md`.
 */

import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PROMPTS } from '../../src/prompts/index.ts';
import { METRICS_URI } from '../../src/resources/uris.ts';
import type { ResourceEvent } from '../../src/server/subscriptions.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { type Ids, NOBODY } from '../service/session-calls.ts';
import { openSession, type Sent, send } from '../support/client/http-wire.ts';
import { Harness } from '../support/harness.ts';
import { start } from '../transport/http-service.ts';
import { NAMED, NAMES, type Probe, tool, UNNAMED } from './probes.ts';
import { type Answer, recorded, Wire } from './wire.ts';

type Row = { readonly what: string; readonly answer: string };

/** What differs from one moment to the next, whoever asks. */
function timeless(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/(uptimeMs\W+)\d+/g, '$1MS');
}

function asNobodys({ text }: Answer, ids: Ids): string {
  return text
    .replaceAll(ids.sessionId, NOBODY.sessionId)
    .replaceAll(NAMES.alice, NAMES.nobody)
    .replaceAll(ids.requestId, NOBODY.requestId);
}

/** The code of an error, or what else it is. */
function outcomeOf(text: string): string {
  const code = /\\"code\\":\\"([A-Z_]+)\\"/.exec(text)?.[1] ?? /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return code ?? /"code":(-\d+)/.exec(text)?.[1] ?? 'an empty result';
}

const harness = new Harness({ store: recorded });
const rows: Row[] = [];
let bob: Wire;
let ids: Ids;
const before = new Map<Probe, Answer>();

beforeAll(async () => {
  await harness.open();
  const { connections } = harness.app;
  bob = await Wire.open(connections, { principal: 'bob', mcpSessionId: 'mcp_bob' });
  await bob.ask(tool('create_session', { name: 'own', taskId: 'b' }));
  for (const probe of UNNAMED) before.set(probe, await bob.ask(probe.ask(NOBODY)));
  ids = await aliceMakes();
  return () => harness.end();
});

/** A session of alice's that runs, has a queued prompt, waits for an answer, and has a name, a task and a label. */
async function aliceMakes(): Promise<Ids> {
  const alice = await harness.connect();
  const args = { name: NAMES.alice, taskId: 't', labels: { k: 'v' }, idempotencyKey: 'K' };
  const { sessionId, run } = await harness.busy(alice, args);
  const { turn } = await alice.call('send_prompt', { sessionId, prompt: 'queued' });
  void run.ask();
  await alice.call('wait_sessions', { sessionIds: [sessionId] });
  const { requests } = await alice.call('list_permission_requests');
  return { sessionId, turnId: turn.id, requestId: requests[0]?.requestId ?? '' };
}

/** Everything of alice's that a change would change. */
async function stateOfAlice(): Promise<unknown> {
  const alice = await harness.connect();
  const { sessions } = await alice.call('list_sessions');
  const { requests } = await alice.call('list_permission_requests');
  const { uptimeMs: _time, ...metrics } = await alice.call('get_metrics');
  await alice.disconnect();
  return { sessions, requests, metrics };
}

describe.sequential('another principal', () => {
  test.each(NAMED)(
    '$what: gets what an id gets that never was, by the same way',
    async ({ what, ask }) => {
      const unchanged = await stateOfAlice();
      const foreign = await bob.ask(ask(ids));
      const unknown = await bob.ask(ask(NOBODY));
      expect(asNobodys(foreign, ids)).toBe(unknown.text);
      expect(foreign.reads).toEqual(unknown.reads);
      expect(await stateOfAlice()).toEqual(unchanged);
      rows.push({ what, answer: outcomeOf(unknown.text) });
    },
  );

  test.each(UNNAMED)('$what: gets what it got before there was one', async (probe) => {
    const now = await bob.ask(probe.ask(NOBODY));
    const then = before.get(probe);
    expect(timeless(now.text)).toBe(timeless(then?.text ?? ''));
    expect(now.text).not.toMatch(/of-alice|"isError"|^{"error"/);
    expect(now.reads).toEqual(then?.reads);
    rows.push({ what: probe.what, answer: 'as before' });
  });

  test('create_session: gets a session of its own for an idempotency key of somebody else', async () => {
    const { text } = await bob.ask(tool('create_session', { idempotencyKey: 'K' }));
    expect(text).toContain('"status":"ready"');
    expect(text).not.toContain(ids.sessionId);
    rows.push({ what: 'tool create_session {"idempotencyKey":"K"}', answer: 'its own' });
  });

  test('streams: hears of what it changes itself, and of nothing else', async () => {
    const { connections } = harness.app;
    const modern: ResourceEvent[] = [];
    const nobody = { principal: 'bob', mcpSessionId: null };
    onTestFinished(connections.follow(nobody, (event) => modern.push(event)));
    await bob.ask({ method: 'resources/subscribe', params: { uri: METRICS_URI } });
    bob.heard.length = 0;
    const alice = await harness.connect();
    await alice.call('attach_session', { sessionId: ids.sessionId });
    await alice.call('link_task', { sessionId: ids.sessionId, taskId: 'again' });
    const { text } = await bob.ask(tool('create_session', { name: 'last' }));
    const own = /claude_[0-9a-f-]{36}/.exec(text)?.[0] ?? '';
    // What was made before may be told first.
    await expect.poll(() => JSON.stringify(modern), { timeout: 10_000 }).toContain(own);
    await expect.poll(() => bob.heard.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(JSON.stringify([modern, bob.heard])).not.toContain(ids.sessionId);
    rows.push({ what: 'stream of changes, 2025 revisions', answer: 'only its own' });
    rows.push({ what: 'stream of changes, 2026-07-28', answer: 'only its own' });
  });

  test.each(['POST', 'GET', 'DELETE'])(
    '%s with the MCP session of somebody else: as with none',
    async (method) => {
      const { connections } = harness.app;
      // The tokens are the names.
      const authenticate = (header?: string) => header?.replace('Bearer ', '');
      const server = await start({ mode: 'dual', authenticate, connections });
      const session = await openSession(server, 'alice');
      const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
      const answered = async (sent: Sent) => {
        const { status, headers, text } = await send(server, { token: 'bob', ...sent });
        return `${status} ${JSON.stringify({ ...headers, date: undefined })} ${text}`;
      };
      const body = method === 'POST' ? list : undefined;
      const foreign = await answered({ method, session, body });
      const unknown = await answered({ method, session: randomUUID(), body });
      expect(foreign).toEqual(unknown);
      expect(foreign).toMatch(/^404 .*-32001/s);
      expect(await answered({ token: 'alice', session, body: list })).toMatch(/^200 /);
      rows.push({
        what: `HTTP ${method}, Mcp-Session-Id of another`,
        answer: '404, -32001',
      });
    },
  );

  test('cleanup_sessions: ends its own', async () => {
    harness.pass(7_200_000);
    const { text } = await bob.ask(tool('cleanup_sessions'));
    expect(text).toContain('"structuredContent":{"cleaned":3}');
    rows.push({ what: 'tool cleanup_sessions {}, two hours later', answer: 'its own' });
  });

  test('can ask nothing that is not in the table, which stands beside this test', async () => {
    const asked = [...NAMED, ...UNNAMED].map(({ what }) => what).join('\n');
    const tools = TOOLS.map(({ name }) => name).filter((name) => name !== 'create_session');
    for (const name of tools) expect(asked).toContain(`tool ${name} `);
    for (const { name } of PROMPTS) expect(asked).toContain(`prompt ${name}`);
    await expect(tableOf(rows)).toMatchFileSnapshot('ownership.snapshot.md');
  });
});

function tableOf(all: readonly Row[]): string {
  const lines = all.map(({ what, answer }) => `| \`${what}\` | ${answer} |`);
  const head = [
    "What a principal gets that asks about another's session: the same bytes, by the same calls of the store, as for one",
    'that never was. Written by `ownership.test.ts`.',
    '',
    '| asked | answered |',
    '|---|---|',
  ];
  return `${[...head, ...lines].join('\n')}\n`;
}
