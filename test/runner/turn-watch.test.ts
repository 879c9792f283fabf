import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TurnWatch } from '../../src/runner/turn-watch.ts';
import { Recorder } from './claude-world.ts';

const SILENCE_MS = 1000;
const QUIET_MS = 60_000;
const OUTPUT_MS = 100;
const DAY_MS = 86_400_000;
const TOOL = { type: 'tool_use', toolUseId: 'a', name: 'Bash', input: {} } as const;
const RESULT = { type: 'tool_result', toolUseId: 'a', isError: false, text: '' } as const;

let expired: string[];
let heard: Recorder;

beforeEach(() => {
  vi.useFakeTimers();
  expired = [];
  heard = new Recorder();
});
afterEach(() => vi.useRealTimers());

function watchTurn(timeoutMs?: number, silenceMs = SILENCE_MS): TurnWatch {
  const watch = new TurnWatch({
    listener: heard,
    timeoutMs,
    silenceMs,
    quietMs: QUIET_MS,
    outputMs: OUTPUT_MS,
    expired: ({ id }) => expired.push(id),
    completed: () => {},
    failed: (error) => {
      throw error;
    },
  });
  watch.begin('turn');
  return watch;
}

describe('silence in a turn', () => {
  test('is noticed after its bound, counted from what was heard last', () => {
    const watch = watchTurn();
    vi.advanceTimersByTime(SILENCE_MS - 1);
    watch.heard();
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['turn']);
    watch.turnEnded('turn', { state: 'interrupted' });
    expect(heard.ended).toMatchObject([{ outcome: { state: 'failed' } }]);
  });

  test('is none while a tool runs', () => {
    const watch = watchTurn();
    watch.output(TOOL);
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(expired).toEqual([]);
    watch.output(RESULT);
    watch.heard();
    vi.advanceTimersByTime(SILENCE_MS);
    expect(expired).toEqual(['turn']);
  });

  test('is none while somebody is asked', async () => {
    const watch = watchTurn();
    const { promise, resolve } = Promise.withResolvers<void>();
    const asking = watch.asking(promise);
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(expired).toEqual([]);
    resolve();
    await asking;
    vi.advanceTimersByTime(SILENCE_MS);
    expect(expired).toEqual(['turn']);
  });

  test('between two turns is what there should be', () => {
    const watch = watchTurn();
    watch.turnEnded('turn', { state: 'completed' });
    watch.heard();
    vi.advanceTimersByTime(10 * SILENCE_MS);
    expect(expired).toEqual([]);
  });

  test('after its time was up does not change why it failed', () => {
    const watch = watchTurn(SILENCE_MS / 2);
    vi.advanceTimersByTime(2 * SILENCE_MS);
    watch.turnEnded('turn', { state: 'interrupted' });
    expect(heard.ended).toMatchObject([{ outcome: { error: { code: 'LIMIT_EXCEEDED' } } }]);
  });
});

test('a turn may take as long as it is given, longer than a timer of Node can wait', () => {
  const watch = watchTurn(40 * DAY_MS, DAY_MS);
  watch.output(TOOL);
  vi.advanceTimersByTime(40 * DAY_MS - 1);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(expired).toEqual(['turn']);
});

describe('a turn of which nothing comes', () => {
  const notices = () => heard.all('notice').map(({ turnId, text }) => [turnId, text]);

  test('says so once, with the tool that has not answered and how to stop it', () => {
    const watch = watchTurn();
    watch.output(TOOL);
    vi.advanceTimersByTime(QUIET_MS - 1);
    // What a tool reports of its progress is no answer.
    watch.heard();
    expect(notices()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(notices()).toEqual([
      [
        'turn',
        'No answer has come from Bash for 1 min. The turn goes on; interrupt_session stops it.',
      ],
    ]);
    vi.advanceTimersByTime(10 * QUIET_MS);
    expect(notices()).toHaveLength(1);
    watch.output(RESULT);
    watch.output({ ...TOOL, toolUseId: 'b', name: 'WebFetch' });
    vi.advanceTimersByTime(QUIET_MS);
    expect(notices()[1]?.[1]).toContain('WebFetch for');
  });

  test('says nothing while Claude writes something, whatever it is', () => {
    const watch = watchTurn();
    for (let piece = 0; piece < 10; piece++) {
      vi.advanceTimersByTime(QUIET_MS - 1);
      watch.writing(() => '');
    }
    expect(notices()).toEqual([]);
    expect(heard.written).toHaveLength(10);
    vi.advanceTimersByTime(QUIET_MS);
    expect(notices()).toHaveLength(1);
  });

  test('says nothing while somebody is asked, or once it is over', async () => {
    const watch = watchTurn();
    watch.output(TOOL);
    const { promise, resolve } = Promise.withResolvers<void>();
    const asking = watch.asking(promise);
    vi.advanceTimersByTime(10 * QUIET_MS);
    expect(notices()).toEqual([]);
    resolve();
    await asking;
    vi.advanceTimersByTime(QUIET_MS);
    expect(notices()).toHaveLength(1);
    watch.turnEnded('turn', { state: 'completed' });
    vi.advanceTimersByTime(10 * QUIET_MS);
    expect(notices()).toHaveLength(1);
  });

  test('names a few of many tools', () => {
    const watch = watchTurn();
    for (const toolUseId of 'abcde') watch.output({ ...TOOL, toolUseId });
    vi.advanceTimersByTime(QUIET_MS);
    expect(notices()[0]?.[1]).toMatch(/from Bash, Bash, Bash and 2 more for/);
  });
});

describe('the check of an output', () => {
  const use = { type: 'tool_use', toolUseId: 't', name: 'StructuredOutput', input: {} } as const;

  test('may take its time and no longer', () => {
    const watch = watchTurn();
    watch.output(use);
    vi.advanceTimersByTime(OUTPUT_MS);
    expect(expired).toEqual(['turn']);
    watch.turnEnded('turn', { state: 'interrupted' });
    const error = { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('OUTPUT_MS_MAX') };
    expect(heard.ended).toMatchObject([{ outcome: { state: 'failed', error } }]);
  });

  test('ends with its result, and each one has the same time', () => {
    const watch = watchTurn();
    for (const isError of [true, false]) {
      watch.output(use);
      vi.advanceTimersByTime(OUTPUT_MS - 1);
      watch.output({ type: 'tool_result', toolUseId: 't', isError, text: '' });
    }
    vi.advanceTimersByTime(OUTPUT_MS);
    watch.output(use);
    watch.turnEnded('turn', { state: 'completed' });
    vi.advanceTimersByTime(OUTPUT_MS);
    expect(expired).toEqual([]);
  });
});
