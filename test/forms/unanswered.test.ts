/** Forms that nobody answers: the person is away, or the client has declared forms and shows none. */

import { SdkError, SdkErrorCode } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { Asker } from '../../src/forms/asker.ts';
import { FormBoard } from '../../src/forms/board.ts';
import { permissionForm } from '../../src/forms/permission-form.ts';
import { PushedForms } from '../../src/forms/pushed-forms.ts';
import { loggerTo } from '../../src/log.ts';
import type { PermissionRequest } from '../../src/session/event.ts';
import type { Session } from '../../src/session/session.ts';
import { startTimer } from '../../src/timer.ts';
import type { EventView, SessionView, TurnView } from '../support/client/tools.ts';
import { startHarness } from '../support/harness.ts';
import { connectPerson, type Kind } from '../support/person.ts';

type Read = { events: EventView[]; session: SessionView };
type Waited = { ready: string[]; sessions: SessionView[] };
type Made = { session: SessionView };

const ALLOW = { action: 'accept', content: { decision: 'allow' } } as const;
const ASK = { toolName: 'Bash', input: { command: 'make' } };

async function scene(kind: Kind = 'v2 over memory') {
  const harness = await startHarness();
  const person = await connectPerson(harness, kind);
  const begin = async () => {
    const { session } = await person.call<Made>('create_session', { prompt: 'go' });
    return { id: session.id, run: await harness.running(session.id) };
  };
  const wait = (...sessionIds: string[]) =>
    person.call<Waited>('wait_sessions', { sessionIds, waitMs: 50_000 });
  const { id, run } = await begin();
  return { harness, person, begin, wait, id, run };
}

describe('a form that nobody answers', () => {
  test.each([
    ['wait_sessions', (id: string) => ({ sessionIds: [id] })],
    ['read_events', (sessionId: string) => ({ sessionId, after: 3, until: 'attention' })],
  ])('holds %s for a while, stays up, and counts when it is answered', async (tool, argsOf) => {
    const { harness, person, id, run } = await scene();
    const waiting = person.call<Read & Waited>(tool, { ...argsOf(id), waitMs: 50_000 });
    const reply = run.ask(ASK);
    const form = await person.form();
    expect(harness.leaveForms()).toBe(1);
    const { ready = [id], session, sessions: [seen = session] = [] } = await waiting;
    expect(ready).toEqual([id]);
    expect(seen).toMatchObject({ pendingPermissions: 1 });
    expect(form.withdrawn.aborted).toBe(false);
    form.send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    expect(person.forms).toHaveLength(1);
  });

  test('holds send_prompt for a while', async () => {
    const { harness, person, id, run } = await scene();
    run.finish();
    const sent = person.call<{ turn: TurnView }>('send_prompt', {
      sessionId: id,
      prompt: 'next',
      waitMs: 50_000,
    });
    await harness.running(id, 2);
    void run.ask(ASK);
    await person.form();
    harness.leaveForms();
    expect((await sent).turn.state).toBe('running');
  });

  test('is not waited for again, in any session, until the person answers one', async () => {
    const { harness, person, begin, wait, id, run } = await scene();
    const first = wait(id);
    const reply = run.ask(ASK);
    const form = await person.form();
    harness.leaveForms();
    await first;
    // The same form, and one that is in turn behind it.
    expect((await wait(id)).ready).toEqual([id]);
    const other = await begin();
    const waiting = wait(other.id);
    void other.run.ask(ASK);
    expect((await waiting).ready).toEqual([other.id]);
    expect(person.forms).toEqual([form]);

    // The person is back: the next form holds the wait again.
    form.send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    const held = wait(other.id);
    (await person.form()).send(ALLOW);
    other.run.finish();
    expect((await held).sessions).toMatchObject([{ pendingPermissions: 0, status: 'ready' }]);
  });

  test('and those behind it keep no wait for several sessions', async () => {
    const { harness, person, begin, id, run } = await scene();
    const other = await begin();
    const sessionIds = [id, other.id];
    const waiting = person.call<Waited>('wait_sessions', { sessionIds, for: 'all' });
    void run.ask(ASK);
    await person.form();
    void other.run.ask(ASK);
    await expect
      .poll(async () => (await harness.store.session('alice', other.id))?.pendingPermissions)
      .toBe(1);
    harness.leaveForms();
    expect((await waiting).ready).toEqual(sessionIds);
  });

  test.each([
    ['interrupt_session', (sessionId: string) => ({ sessionId })],
    ['end_session', (sessionId: string) => ({ sessionId })],
  ])('is taken back by %s', async (tool, argsOf) => {
    const { person, wait, id, run } = await scene();
    const waiting = wait(id);
    void run.ask(ASK);
    const form = await person.form();
    await person.call(tool, argsOf(id));
    await expect.poll(() => form.withdrawn.aborted).toBe(true);
    expect((await waiting).sessions).toMatchObject([{ pendingPermissions: 0 }]);
  });

  test.each(['v2 over memory', 'v2 over HTTP'] as const)(
    'is taken back after its call too, if the request is answered elsewhere (%s)',
    async (kind) => {
      const { harness, person, wait, id, run } = await scene(kind);
      const waiting = wait(id);
      void run.ask(ASK);
      const form = await person.form();
      harness.leaveForms();
      await waiting;
      const elsewhere = await harness.connect({ mcpSessionId: null });
      const { requests } = await elsewhere.call('list_permission_requests');
      const answer = { requestId: requests[0]?.requestId, decision: 'allow' };
      await elsewhere.call('answer_permission_request', answer);
      await expect.poll(() => form.withdrawn.aborted).toBe(true);
    },
  );

  test('stays up if its call is canceled, and a later call waits for it', async () => {
    const { person, wait, id, run } = await scene();
    const cancel = new AbortController();
    const args = { sessionIds: [id], waitMs: 50_000 };
    const canceled = person.call('wait_sessions', args, { signal: cancel.signal });
    const reply = run.ask(ASK);
    const form = await person.form();
    cancel.abort();
    await expect(canceled).rejects.toThrow();
    const waiting = wait(id);
    form.send(ALLOW);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    expect((await waiting).sessions).toMatchObject([{ pendingPermissions: 0 }]);
    expect(person.forms).toEqual([form]);
  });

  test('is sent again when its time is up', async () => {
    const { harness, id, run } = await scene();
    const reply = run.ask(ASK);
    const shown = () => harness.store.session('alice', id);
    await expect.poll(async () => (await shown())?.pendingPermissions).toBe(1);
    const { service } = harness.app;
    const caller = { principal: 'alice', mcpSessionId: null };
    const log = loggerTo({ write: () => {} }, 'error');
    const asker = new Asker({ service, caller, log, board: new FormBoard(startTimer) });
    const formOf = (asked: PermissionRequest, session: Session) =>
      permissionForm(asked, session, 'rich');
    const forms = new PushedForms({ service, caller, log, asker, formOf });
    let sent = 0;
    forms.open(async () => {
      sent += 1;
      if (sent < 3) throw new SdkError(SdkErrorCode.RequestTimeout, 'time is up');
      return { ...ALLOW };
    });
    const session = await shown();
    expect(session && (await forms.hold(session))).toBe(true);
    expect(await reply).toEqual({ decision: 'allow' });
    expect(sent).toBe(3);
  });

  test('leaves nothing behind when its client goes', async () => {
    const { harness, person, wait, id, run } = await scene();
    const waiting = wait(id).catch(() => 'gone');
    void run.ask(ASK);
    await person.form();
    await person.leave();
    expect(await waiting).toBe('gone');
    // Its time is no longer measured, and the request is open for the next client.
    await expect.poll(() => harness.leaveForms()).toBe(0);
    const next = await connectPerson(harness, 'v2 over memory');
    const args = { sessionIds: [id], waitMs: 50_000 };
    const held = next.call<Waited>('wait_sessions', args);
    (await next.form()).send(ALLOW);
    run.finish();
    expect((await held).sessions).toMatchObject([{ pendingPermissions: 0 }]);
    expect(harness.logged.map(({ msg }) => msg)).not.toContain('form failed');
  });
});
