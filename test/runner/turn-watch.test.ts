import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TurnWatch } from '../../src/runner/turn-watch.ts';
import { Recorder } from './claude-world.ts';

const SILENCE_MS = 1000;
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

function watchTurn(timeoutMs?: number): TurnWatch {
  const watch = new TurnWatch({
    listener: heard,
    timeoutMs,
    silenceMs: SILENCE_MS,
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
