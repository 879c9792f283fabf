/** Which of several clients of one principal shows a form. */

import { describe, expect, test } from 'vitest';
import type { SessionView } from '../support/client/tools.ts';
import { overriding, startHarness } from '../support/harness.ts';
import { connectPerson, type Kind, type Person } from '../support/person.ts';

type Waited = { ready: string[]; sessions: SessionView[] };
type Made = { session: SessionView };

const ALLOW = { action: 'accept', content: { decision: 'allow' } } as const;
const ASK = { toolName: 'Bash', input: { command: 'make' } };

/** A session that is tied to `maker`, who is connected, and another client of the same principal. */
async function scene(kind: Kind = 'v2 over memory') {
  let looks = 0;
  const harness = await startHarness({
    store: (store) =>
      overriding(store, {
        session: async (...args) => {
          const found = await store.session(...args);
          looks += 1;
          return found;
        },
      }),
  });
  const maker = await connectPerson(harness, 'v2 over memory');
  const other = await connectPerson(harness, kind);
  const { session } = await maker.call<Made>('create_session', { prompt: 'go' });
  const { id, mcpSessionId: tiedTo } = session;
  const run = await harness.running(id);
  /** Begins to wait; what the wait will return, once it has looked at the session. */
  const begin = async (person: Pick<Person, 'call'>, args: object = {}) => {
    const before = looks;
    const waited = person.call<Waited>('wait_sessions', {
      sessionIds: [id],
      waitMs: 50_000,
      ...args,
    });
    await expect.poll(() => looks).toBeGreaterThan(before);
    return { waited };
  };
  return { harness, maker, other, run, id, tiedTo, begin };
}

describe('a form about a session that is tied to another client', () => {
  test.each([
    'v2 over memory',
    'v2 over HTTP without a stream of changes',
    '2026 over HTTP',
  ] as const)('is shown to the one that waits (%s), and the answer counts', async (kind) => {
    const { maker, other, run, begin, tiedTo } = await scene(kind);
    const { waited } = await begin(other);
    const reply = run.ask(ASK);
    (await other.form()).send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    const { sessions } = await waited;
    expect(sessions).toMatchObject([{ pendingPermissions: 0, mcpSessionId: tiedTo }]);
    expect(maker.forms).toEqual([]);
  });

  test('is shown to that client alone if it waits too, whoever began first', async () => {
    const { maker, other, run, begin, id } = await scene();
    const early = await begin(other);
    const { waited } = await begin(maker);
    const reply = run.ask(ASK);
    expect((await early.waited).ready).toEqual([id]);
    const late = await begin(other);
    expect((await late.waited).ready).toEqual([id]);
    (await maker.form()).send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    await waited;
    expect(other.forms).toEqual([]);
  });

  test('is shown to another if that client cannot show forms', async () => {
    const { harness, other, begin } = await scene();
    const plain = await harness.connect();
    const sessionId = await plain.create({ prompt: 'go' });
    const run = await harness.running(sessionId);
    const args = { sessionIds: [sessionId] };
    const first = await begin({
      call: (_tool, given) => plain.call('wait_sessions', { ...given, ...args }) as never,
    });
    const { waited } = await begin(other, args);
    void run.ask(ASK);
    expect((await first.waited).ready).toEqual([sessionId]);
    (await other.form()).send(ALLOW);
    run.finish();
    expect((await waited).sessions).toMatchObject([{ pendingPermissions: 0 }]);
  });

  test.each(['attention', 'turn_end'])(
    'is shown to another too once that client, waiting for %s, has left it unanswered, and taken back there',
    async (until) => {
      const { harness, maker, other, run, begin } = await scene();
      const waits = [await begin(maker, { until }), await begin(other, { until: 'turn_end' })];
      const reply = run.ask(ASK);
      const left = await maker.form();
      expect(other.forms).toEqual([]);
      harness.leaveForms();
      (await other.form()).send(ALLOW);
      expect(await reply).toEqual({ decision: 'allow' });
      await expect.poll(() => left.withdrawn.aborted).toBe(true);
      run.finish();
      await Promise.all(waits.map(({ waited }) => waited));
    },
  );

  test('is shown to another once that client has canceled it', async () => {
    const { maker, other, run, begin } = await scene();
    const { waited } = await begin(maker);
    const until = await begin(other, { until: 'turn_end' });
    const reply = run.ask(ASK);
    (await maker.form()).send({ action: 'cancel' });
    expect((await waited).sessions).toMatchObject([{ pendingPermissions: 1 }]);
    (await other.form()).send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    await until.waited;
  });

  test('is shown to another if that client stops waiting before its turn has come', async () => {
    const { harness, maker, other, run, begin, id } = await scene();
    const { session } = await maker.call<Made>('create_session', { prompt: 'go' });
    const busy = await harness.running(session.id);
    const stop = new AbortController();
    const calling: Pick<Person, 'call'> = {
      call: (tool, args) => maker.call(tool, args, { signal: stop.signal }),
    };
    const { waited } = await begin(calling, { sessionIds: [session.id, id], for: 'all' });
    const until = await begin(other, { until: 'turn_end' });
    void busy.ask(ASK);
    await maker.form();
    const reply = run.ask(ASK);
    await expect
      .poll(async () => (await harness.store.session('alice', id))?.pendingPermissions)
      .toBe(1);
    expect(other.forms).toEqual([]);
    stop.abort();
    await expect(waited).rejects.toThrow();
    (await other.form()).send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    await until.waited;
    expect(maker.forms).toHaveLength(1);
  });

  test('is shown to one of several', async () => {
    const { harness, other, run, begin, id } = await scene();
    const third = await connectPerson(harness, 'v2 over memory');
    const waits = [await begin(other), await begin(third)];
    const reply = run.ask(ASK);
    const shown = await Promise.race([other.form(), third.form()]);
    // The other one is told of the request.
    const told = await Promise.race(waits.map(({ waited }) => waited));
    expect(told).toMatchObject({ ready: [id], sessions: [{ pendingPermissions: 1 }] });
    expect([...other.forms, ...third.forms]).toEqual([shown]);
    shown.send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    await Promise.all(waits.map(({ waited }) => waited));
  });

  test('is shown at another server on the same state directory', async () => {
    const { harness, maker, run, id, tiedTo } = await scene();
    const { stateDir, roots, defaultDirectory } = harness.settings;
    const there = await startHarness({ settings: { stateDir, roots, defaultDirectory } });
    const elsewhere = await connectPerson(there, 'v2 over streams');
    const waited = elsewhere.call<Waited>('wait_sessions', { sessionIds: [id], waitMs: 50_000 });
    const reply = run.ask(ASK);
    (await elsewhere.form()).send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    const { sessions } = await waited;
    expect(sessions).toMatchObject([{ pendingPermissions: 0, mcpSessionId: tiedTo }]);
    expect(maker.forms).toEqual([]);
  });
});
