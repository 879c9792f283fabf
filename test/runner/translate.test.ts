import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { describe, expect, test } from 'vitest';
import { EVENT_TEXT_BYTES_MAX, TURN_RESULT_BYTES_MAX } from '../../src/limits.ts';
import {
  assistant,
  idle,
  init,
  lifecycle,
  message,
  model,
  result,
  said,
  system,
  toolResult,
} from './messages.ts';
import { create, prompted, TURN } from './translated.ts';

const NO_CACHE = { cacheReadTokens: 1, cacheWriteTokens: 2 };
const ONE_REQUEST = { inputTokens: 100, outputTokens: 10, costUsd: 0.0006, ...NO_CACHE };
const COST = { usage: ONE_REQUEST, usageByModel: { 'claude-test': ONE_REQUEST } };

describe('a turn', () => {
  test('tells texts, tool calls and their results under its id, and ends with its result', () => {
    const { feed, told } = prompted();
    const call = { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'ls' } };
    feed(
      said('looking'),
      assistant([call]),
      toolResult('a.txt'),
      said('done'),
      result(TURN),
      idle(),
    );
    const ids = { turnId: TURN, toolUseId: 'toolu_1' };
    expect(told).toEqual([
      { output: { type: 'text', turnId: TURN, text: 'looking' } },
      { output: { type: 'tool_use', ...ids, name: 'Bash', input: { command: 'ls' } } },
      { output: { type: 'tool_result', ...ids, isError: false, text: 'a.txt' } },
      { output: { type: 'text', turnId: TURN, text: 'done' } },
      { ended: TURN, outcome: { state: 'completed', result: 'done', ...COST } },
    ]);
  });

  test('leaves out thinking, empty texts and the messages that Claude Code writes to the model', () => {
    const { feed, outputs } = prompted();
    const synthetic = { content: [{ type: 'text', text: 'Resume directly' }] };
    feed(
      assistant([
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: '' },
      ]),
      message({ type: 'user', parent_tool_use_id: null, isSynthetic: true, message: synthetic }),
      message({ type: 'user', parent_tool_use_id: null, message: { content: 'a summary' } }),
      message({ type: 'made_up_in_a_later_version' }),
      system('made_up_in_a_later_version'),
    );
    expect(outputs()).toEqual([]);
  });

  test('names what is not text in a tool result, and flags an error', () => {
    const { feed, outputs } = prompted();
    const blocks = [
      { type: 'text', text: 'seen' },
      { type: 'image', source: {} },
    ];
    feed(toolResult(blocks, { is_error: true }), toolResult(undefined));
    expect(outputs()).toMatchObject([
      { isError: true, text: 'seen\n[image]' },
      { isError: false, text: '' },
    ]);
  });

  test('keeps a long text whole in several events, and cuts a long tool result with a note', () => {
    const { feed, outputs } = prompted();
    const long = 'ä'.repeat(EVENT_TEXT_BYTES_MAX);
    feed(said(long), toolResult(long));
    const texts = outputs().flatMap((body) => (body.type === 'text' ? [body.text] : []));
    expect(texts.join('')).toBe(long);
    expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(
      EVENT_TEXT_BYTES_MAX,
    );
    const cut = outputs().find((body) => body.type === 'tool_result')?.text ?? '';
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(EVENT_TEXT_BYTES_MAX);
    expect(cut).toMatch(/ä… \[\d+ bytes cut\]$/);
  });

  test('bounds its result', () => {
    const { feed, outcomes } = prompted();
    feed(result(TURN, { result: 'x'.repeat(TURN_RESULT_BYTES_MAX + 1) }));
    expect(outcomes()[0]?.result?.length).toBeLessThanOrEqual(TURN_RESULT_BYTES_MAX);
  });

  test('is interrupted when its result says that it was aborted, and keeps what was said', () => {
    const { feed, prompt, outcomes } = prompted();
    const aborted = { subtype: 'error_during_execution', is_error: true, result: undefined };
    feed(said('half'), result(TURN, { ...aborted, terminal_reason: 'aborted_streaming' }));
    prompt();
    feed(result(TURN, { ...aborted, terminal_reason: 'aborted_tools' }));
    expect(outcomes()).toMatchObject([
      { state: 'interrupted', result: 'half' },
      { state: 'interrupted' },
    ]);
    expect(outcomes()[1]).not.toHaveProperty('result');
  });

  test('is interrupted when its prompt was taken back before it began', () => {
    const { translator, feed, outcomes } = create();
    translator.begin(TURN, 'text');
    feed(
      lifecycle(TURN, 'queued'),
      lifecycle('another', 'cancelled'),
      lifecycle(TURN, 'cancelled'),
    );
    expect(outcomes()).toMatchObject([{ state: 'interrupted' }]);
  });

  test('fails when Claude Code falls idle without a result for it', () => {
    const { translator, feed, outcomes } = create();
    translator.begin(TURN, 'text');
    feed(idle());
    expect(outcomes()).toEqual([]);
    feed(lifecycle(TURN, 'started'), idle());
    expect(outcomes()).toMatchObject([{ state: 'failed', error: { code: 'UNAVAILABLE' } }]);
  });

  test('that is ended from outside keeps what it said and cost', () => {
    const { translator, feed, told } = prompted();
    feed(said('half'));
    translator.end({ state: 'interrupted' });
    translator.end({ state: 'interrupted' });
    expect(told.at(-1)).toMatchObject({ ended: TURN, outcome: { result: 'half' } });
    expect(told).toHaveLength(2);
  });
});

describe('a turn that nobody asked for', () => {
  const woken = { origin: { kind: 'task-notification' } };

  test('gets an id of its own at its first message and ends with its result', () => {
    const { feed, told } = create();
    feed(system('task_notification', { status: 'completed' }), init(), said('it ended'));
    feed(result(undefined, woken), idle());
    expect(told).toEqual([
      { output: { type: 'notice', text: 'A background task ended (completed).' } },
      { started: 'auto-1' },
      { output: { type: 'text', turnId: 'auto-1', text: 'it ended' } },
      { ended: 'auto-1', outcome: { state: 'completed', result: 'done', ...COST } },
    ]);
  });

  test('that runs before a waiting prompt leaves its words and its cost to the turn of the prompt', () => {
    const { translator, feed, prompt, outcomes } = create();
    translator.begin(TURN, 'text');
    feed(said('woken'), result(undefined, { ...woken, model_usage_since_last_result: model(2) }));
    expect(outcomes()).toEqual([]);
    feed(lifecycle(TURN, 'started'), said('asked'));
    feed(result(TURN, { model_usage_since_last_result: model(1) }));
    expect(outcomes()).toMatchObject([
      { state: 'completed', usage: { inputTokens: 300, costUsd: 0.0018 } },
    ]);
    prompt();
  });

  test('that failed before a waiting prompt is not the reason why the prompt fails', () => {
    const { translator, feed, outcomes } = create();
    translator.begin(TURN, 'text');
    feed(
      assistant([], { error: 'billing_error' }),
      result(undefined, { ...woken, is_error: true }),
    );
    feed(lifecycle(TURN, 'started'), result(TURN, { is_error: true, api_error_status: 500 }));
    expect(outcomes()).toMatchObject([{ error: { message: expect.stringContaining('500') } }]);
  });

  test('ends when a prompt is sent in the moment in which it began', () => {
    const { feed, prompt, told } = create();
    feed(init(), said('woken'));
    prompt();
    feed(result(undefined, woken), result(TURN));
    expect(told.filter((each) => !('output' in each))).toMatchObject([
      { started: 'auto-1' },
      { ended: 'auto-1' },
      { ended: TURN },
    ]);
  });

  test('is not begun by what a subagent does in the background', () => {
    const { feed, told } = create();
    const call = { type: 'tool_use', id: 'toolu_2', name: 'Bash', input: { command: 'secret' } };
    feed(assistant([call], { parent_tool_use_id: 'toolu_1' }));
    feed(message({ type: 'user', parent_tool_use_id: 'toolu_1', message: toolResult('x') }));
    expect(told).toEqual([{ output: { type: 'notice', text: 'A subagent uses Bash.' } }]);
  });
});

describe('the usage of a turn', () => {
  const usages = (...results: SDKMessage[]) => {
    const { feed, prompt, outcomes } = create();
    for (const each of results) {
      prompt();
      feed(each);
    }
    return outcomes().map(({ usage }) => [usage?.inputTokens, usage?.costUsd]);
  };

  test('is what its result says was added', () => {
    const since = { modelUsage: model(9), model_usage_since_last_result: model(2) };
    expect(usages(result(TURN, since))).toEqual([[200, 0.0012]]);
  });

  test('is the difference of the counts where the result does not say', () => {
    const counted = [1, 3, 3].map((requests) => result(TURN, { modelUsage: model(requests) }));
    expect(usages(...counted)).toEqual([
      [100, 0.0006],
      [200, 0.0012],
      [0, 0],
    ]);
  });

  test('starts over after the counts were reset', () => {
    const counted = [3, 1].map((requests) => result(TURN, { modelUsage: model(requests) }));
    expect(usages(...counted)).toEqual([
      [300, 0.0018],
      [100, 0.0006],
    ]);
  });

  test('never holds what an earlier process spent', () => {
    const { feed, prompt, outcomes } = prompted({ resumed: true });
    feed(result(TURN, { modelUsage: model(50) }));
    prompt();
    feed(result(TURN, { modelUsage: model(51) }));
    expect(outcomes().map(({ usage }) => usage?.inputTokens)).toEqual([7, 100]);
  });

  test('is told model by model', () => {
    const { feed, prompt, outcomes } = create();
    const [one, two] = [1, 2].map((requests) => model(requests)['claude-test']);
    prompt();
    feed(result(TURN, { modelUsage: { big: one, small: one } }));
    prompt();
    feed(result(TURN, { modelUsage: { big: two, small: one, new: two } }));
    expect(outcomes().map(({ usageByModel }) => usageByModel)).toMatchObject([
      { big: { inputTokens: 100 }, small: { costUsd: 0.0006 } },
      { big: { inputTokens: 100 }, new: { inputTokens: 200, costUsd: 0.0012 } },
    ]);
    expect(outcomes()[1]?.usageByModel).not.toHaveProperty('small');
    expect(outcomes()[1]?.usage).toMatchObject({ inputTokens: 300, costUsd: 0.0018 });
  });

  test('survives figures that are none', () => {
    const odd = { m: { inputTokens: null, outputTokens: -1, costUSD: Number.NaN } };
    expect(usages(result(TURN, { model_usage_since_last_result: odd }))).toEqual([[0, 0]]);
  });
});

test('background tasks are counted, but for those that are no activity', () => {
  const { feed, told } = create();
  const tasks = (...ambient: boolean[]) =>
    system('background_tasks_changed', {
      tasks: ambient.map((is, task) => ({ task_id: `${task}`, ambient: is })),
    });
  feed(tasks(false, true, false), tasks(true));
  expect(told).toEqual([{ tasks: 2 }, { tasks: 0 }]);
});
