import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ACTIVITY_CHARS_MAX, PROGRESS_MS_MIN } from '../../src/limits.ts';
import { Progress, type ProgressNote } from '../../src/server/progress.ts';
import type { Unfinished } from '../../src/service/unfinished.ts';
import type { EventBody, SessionEvent } from '../../src/session/event.ts';
import type { Session } from '../../src/session/session.ts';
import { append, newSession, next } from '../session/log.ts';
import type { EventView, SessionView, TurnView } from '../support/client/tools.ts';
import { startBusy, startHarness } from '../support/harness.ts';
import { connectPerson, type Progress as Note, PEOPLE } from '../support/person.ts';

const said = (text: string): EventBody => ({ type: 'text', text });

/** A session that grows, and the notes that are sent about it. */
function watched() {
  const sent: ProgressNote[] = [];
  const log: SessionEvent[] = [];
  let written: Unfinished | undefined;
  const writes = (at: number, text: string) => {
    written = { at, text };
  };
  const reader = {
    newest: async (_: unknown, count: number) => log.slice(-count),
    writing: async () => written,
  };
  const progress = new Progress({ reader, send: (note) => void sent.push(note) });
  onTestFinished(() => progress.close());
  let session = newSession();
  const happens = async (...bodies: readonly EventBody[]) => {
    for (const body of bodies) {
      log.push(next(session, body));
      session = append(session, body);
    }
    await progress.watch(session);
  };
  return { sent, progress, happens, writes, watch: () => progress.watch(session) };
}

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  test('tells at once of the first thing, then of the newest once in a while, with growing numbers', async () => {
    const { sent, happens } = watched();
    await happens(said('one'));
    await happens(said('two'));
    await happens(said('three'));
    expect(sent).toEqual([{ progress: 2, message: 'Claude: one' }]);
    vi.advanceTimersByTime(PROGRESS_MS_MIN - 1);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sent.slice(1)).toEqual([{ progress: 4, message: 'Claude: three' }]);
    vi.advanceTimersByTime(10 * PROGRESS_MS_MIN);
    expect(sent).toHaveLength(2);
    await happens(said('four'));
    expect(sent.at(-1)).toEqual({ progress: 5, message: 'Claude: four' });
  });

  test('tells nothing twice, nothing of what says nothing, and nothing once it is over', async () => {
    const { sent, progress, happens, watch } = watched();
    await happens(said('one'));
    await watch();
    await happens({ type: 'task_linked', taskId: 't' });
    vi.advanceTimersByTime(2 * PROGRESS_MS_MIN);
    expect(sent).toHaveLength(1);
    await happens(said('two'));
    await happens(said('three'));
    progress.close();
    await happens(said('four'));
    vi.advanceTimersByTime(2 * PROGRESS_MS_MIN);
    expect(sent.map(({ message }) => message)).toEqual(['Claude: one', 'Claude: two']);
  });

  test.each<[EventBody, string]>([
    [tool('Bash', { command: 'npm\n  test', timeout: 5 }), 'Tool: Bash npm test'],
    [tool('Write', { content: 'x', file_path: '/a' }), 'Tool: Write /a'],
    [tool('mcp__a__b', { n: 1, text: 'what' }), 'Tool: mcp__a__b {"n":1,"text":"what"}'],
    [tool('Stop', {}), 'Tool: Stop'],
    [tool('Odd', 'text'), 'Tool: Odd'],
    [
      { type: 'tool_result', toolUseId: 't', isError: true, text: 'no such file' },
      'Tool failed: no such file',
    ],
    [{ type: 'notice', text: 'retry in 5 s' }, 'Notice: retry in 5 s'],
    [said('\u001b[2J\u202eevil'), 'Claude: ␛[2J\ufffdevil'],
  ])('says of %j in a few words: %s', async (body, message) => {
    const { sent, happens } = watched();
    await happens(body);
    expect(sent).toEqual([{ progress: 2, message }]);
  });

  test('names the sessions where there are several, with nothing hidden and on one line', async () => {
    const sent: ProgressNote[] = [];
    const newest = async (session: Session) => [next(session, said('x'))];
    const reader = { newest, writing: async () => undefined };
    const progress = new Progress({ reader, send: (note) => void sent.push(note) });
    onTestFinished(() => progress.close());
    const fresh = newSession();
    await progress.watch({ ...fresh, id: `${fresh.id}0` });
    const name = `\u001b[2J\u202eevil\nname${'!'.repeat(1000)}`;
    await progress.watch({ ...fresh, name });
    vi.advanceTimersByTime(PROGRESS_MS_MIN);
    expect(sent.at(-1)?.message).toMatch(/^␛\[2J\ufffdevil name!{40,100}… .*: Claude: x$/);
  });

  const started: EventBody = {
    type: 'turn_started',
    turnId: 't',
    turn: { id: 't', sessionId: 's', state: 'running', origin: 'autonomous', queuedAt: 0 },
  };
  const pass = () => vi.advanceTimersByTimeAsync(PROGRESS_MS_MIN);

  test('tells while a turn runs how the text ends that Claude is writing, once for each state of it', async () => {
    const { sent, happens, writes } = watched();
    writes(1, 'left by another turn');
    await pass();
    expect(sent).toEqual([]);
    await happens(started);
    writes(2, 'one\n two');
    await pass();
    await pass();
    writes(3, `one\n two ${'x'.repeat(1000)} three`);
    await pass();
    const [, first, second] = sent;
    expect(first).toEqual({ progress: 2.5, message: 'Claude writes: one two' });
    expect(second?.message).toMatch(/^Claude writes: …x+ three$/);
    expect(second?.message.length).toBeLessThan(ACTIVITY_CHARS_MAX + 40);
    await happens(said('all of it'));
    await pass();
    writes(4, 'next');
    await pass();
    expect(sent.map(({ progress }) => progress)).toEqual([2, 2.5, 2 + 2 / 3, 3, 3.5]);
  });

  test('tells no text that has become an event, and none once it is over', async () => {
    const { sent, progress, happens, writes } = watched();
    await happens(started);
    writes(1, 'half');
    vi.advanceTimersByTime(PROGRESS_MS_MIN);
    // While it is being looked at.
    await happens(said('half and half'));
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.slice(1)).toEqual([{ progress: 3, message: 'Claude: half and half' }]);
    writes(2, 'more');
    progress.close();
    await pass();
    await pass();
    expect(sent).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is short, whatever Claude says', async () => {
    const { sent, happens } = watched();
    await happens(said('😀'.repeat(100_000)));
    expect(sent[0]?.message.length).toBeLessThan(ACTIVITY_CHARS_MAX + 40);
    expect(sent[0]?.message.isWellFormed()).toBe(true);
  });
});

function tool(name: string, input: unknown): EventBody {
  return { type: 'tool_use', toolUseId: 't', name, input };
}

test.each(PEOPLE)('a client (%s) that waits hears first what Claude does', async (kind) => {
  const harness = await startHarness();
  const person = await connectPerson(harness, kind);
  const made = await person.call<{ session: SessionView; turn: TurnView }>('create_session', {
    prompt: 'go',
  });
  const sessionId = made.session.id;
  const run = await harness.running(sessionId);
  const notes: Note[] = [];
  const heard = Promise.withResolvers<void>();
  const onprogress = (note: Note) => {
    notes.push(note);
    if (note.message === 'Tool: Bash npm test') heard.resolve();
  };
  const args = { sessionId, after: 3, until: 'turn_end', waitMs: 50_000 };
  const waiting = person.call<{ events: EventView[] }>('read_events', args, { onprogress });
  run.output({ type: 'tool_use', toolUseId: 't', name: 'Bash', input: { command: 'npm test' } });
  await heard.promise;
  run.finish();
  await waiting;
  const told = notes.length;
  const values = notes.map(({ progress }) => progress);
  expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  await person.call('get_session', { sessionId });
  expect(notes).toHaveLength(told);
});

test('a client that waits hears what Claude is writing, though another server runs the session', async () => {
  const { harness, sessionId, run } = await startBusy();
  const { stateDir, roots } = harness.settings;
  const other = await startHarness({ settings: { stateDir, roots } });
  const person = await connectPerson(other, 'v2 over memory');
  const heard = Promise.withResolvers<void>();
  const notes: Note[] = [];
  const onprogress = (note: Note) => {
    notes.push(note);
    if (note.message === 'Claude writes: half a sentence') heard.resolve();
  };
  const args = { sessionIds: [sessionId], until: 'turn_end', waitMs: 50_000 };
  const waiting = person.call('wait_sessions', args, { onprogress });
  run.write('half a sentence');
  await heard.promise;
  run.finish();
  await waiting;
  const values = notes.map(({ progress }) => progress);
  expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
});

test('a client that did not ask for progress hears of none', async () => {
  const { client, sessionId, run } = await startBusy();
  let notes = 0;
  client.client.fallbackNotificationHandler = async () => void notes++;
  client.client.setNotificationHandler('notifications/progress', () => void notes++);
  const waiting = client.call('read_events', { sessionId, after: 3, waitMs: 50_000 });
  run.say('x');
  await waiting;
  expect(notes).toBe(0);
});
