import { describe, expect, test } from 'vitest';
import type { EventView, SessionView } from '../support/client/tools.ts';
import { overriding, startHarness } from '../support/harness.ts';
import { connectPerson, type Person } from '../support/person.ts';

type Read = { events: EventView[]; session: SessionView };
type Made = { session: SessionView };

const ASK = { toolName: 'Bash', input: { command: 'make' } };

const last = ({ events }: Read) => events.at(-1)?.type;

describe('a look at the store that fails while forms are shown', () => {
  const allow = { action: 'accept', content: { decision: 'allow' } } as const;
  const waitFor = (person: Person, sessionId: string) =>
    person.call<Read>('read_events', { sessionId, after: 3, waitMs: 50_000, until: 'attention' });

  test('takes no form away from other sessions, and its own session is asked about again', async () => {
    const looks = new Map<string | undefined, number>();
    let broken = '';
    const harness = await startHarness({
      mayLogErrors: true,
      store: (store) =>
        overriding(store, {
          requests: async (query) => {
            if ('requestId' in query) return store.requests(query);
            const { sessionId } = query;
            const count = (looks.get(sessionId) ?? 0) + 1;
            looks.set(sessionId, count);
            // The first look holds the wait, the second is for the form.
            if (sessionId === broken && count === 2) throw new Error('cannot be read');
            return store.requests(query);
          },
        }),
    });
    const person = await connectPerson(harness, 'v2 over memory');
    const asking = async () => {
      const { session } = await person.call<Made>('create_session', { prompt: 'go' });
      const run = await harness.running(session.id);
      const wait = waitFor(person, session.id);
      const reply = run.ask(ASK);
      await expect.poll(() => looks.get(session.id)).toBeGreaterThan(0);
      return { id: session.id, run, reply, wait };
    };
    const first = await asking();
    const form = await person.form();
    const second = await asking();
    broken = second.id;
    const third = await asking();
    form.send(allow);
    for (const asked of [third, second]) {
      const next = await person.form();
      expect(next.message).toContain(asked.id.slice(0, 15));
      next.send(allow);
    }
    for (const { run, reply, wait } of [first, second, third]) {
      expect(await reply).toEqual({ decision: 'allow' });
      run.finish();
      expect(last(await wait)).toBe('turn_ended');
    }
  });

  test('leaves a form up that can no longer be withdrawn, and it still answers', async () => {
    let looks = 0;
    let isNext = false;
    const harness = await startHarness({
      store: (store) =>
        overriding(store, {
          requests: async (query) => {
            if ('requestId' in query && isNext) {
              isNext = false;
              throw new Error('cannot be read');
            }
            // After the looks that hold the wait and choose the request, the form begins to wait for other answers.
            if (!('requestId' in query)) isNext = ++looks === 2;
            return store.requests(query);
          },
        }),
    });
    const person = await connectPerson(harness, 'v2 over memory');
    const { session } = await person.call<Made>('create_session', { prompt: 'go' });
    const run = await harness.running(session.id);
    const wait = waitFor(person, session.id);
    const reply = run.ask(ASK);
    const form = await person.form();
    await expect
      .poll(() => harness.logged.map(({ msg }) => msg))
      .toContain('a form cannot be withdrawn');
    form.send(allow);
    expect(await reply).toEqual({ decision: 'allow' });
    run.finish();
    expect(last(await wait)).toBe('turn_ended');
  });
});
