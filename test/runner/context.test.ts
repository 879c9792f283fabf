import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { describe, expect, test } from 'vitest';
import { ContextMeter } from '../../src/runner/context.ts';
import { message, result, streamed, system } from './messages.ts';

/** An answer of the model that has read `read` tokens, in the main conversation by default. */
function answer(read: number, { model = 'm', parent = null as string | null, output = 1 } = {}) {
  const usage = {
    input_tokens: 10,
    cache_read_input_tokens: read - 30,
    cache_creation_input_tokens: 20,
    output_tokens: output,
  };
  return message({
    type: 'assistant',
    parent_tool_use_id: parent,
    message: { model, usage, content: [] },
  });
}

const wrote = (output_tokens: number, parent: string | null = null) =>
  streamed({ type: 'message_delta', usage: { output_tokens } }, parent);

const compacted = (post_tokens?: number) =>
  system('compact_boundary', { compact_metadata: { trigger: 'auto', post_tokens } });

const ended = (...models: [name: string, contextWindow: unknown][]) =>
  result('t', {
    modelUsage: Object.fromEntries(
      models.map(([name, contextWindow]) => [name, { contextWindow }]),
    ),
  });

function useAfter(...messages: SDKMessage[]) {
  const meter = new ContextMeter();
  for (const each of messages) meter.note(each);
  return meter.use;
}

describe('the use of the context', () => {
  test('is what the last answer read and wrote, of the window of its model', () => {
    const messages = [answer(1000), wrote(50), answer(2000), wrote(70)];
    expect(useAfter(...messages, ended(['other', 5], ['m', 200_000]))).toEqual({
      tokens: 2070,
      window: 200_000,
    });
  });

  test('is known without streaming, too', () => {
    expect(useAfter(answer(1000, { output: 5 }), ended(['m', 9000]))?.tokens).toBe(1005);
  });

  test('is not that of a subagent', () => {
    const sub = { parent: 'toolu_1', model: 'small' };
    const messages = [answer(1000), wrote(50), answer(7000, sub), wrote(900, 'toolu_1')];
    expect(useAfter(...messages, ended(['small', 1], ['m', 9000]))).toEqual({
      tokens: 1050,
      window: 9000,
    });
  });

  test('shrinks with a compaction, and grows again', () => {
    const before = [answer(8000), wrote(50), ended(['m', 9000])];
    expect(useAfter(...before, compacted(300))).toEqual({ tokens: 300, window: 9000 });
    expect(useAfter(...before, compacted(300), answer(400), wrote(5))?.tokens).toBe(405);
    // An older version does not say how much is left.
    expect(useAfter(...before, compacted())).toBeUndefined();
    expect(useAfter(...before, compacted(), wrote(5))).toBeUndefined();
  });

  test('goes by the longer name that Claude Code has for a model', () => {
    expect(useAfter(answer(1000), ended(['m[1m]', 1_000_000]))?.window).toBe(1_000_000);
  });

  test('is of the model that the turn runs with, if its name begins like that of an earlier one', () => {
    const models: Parameters<typeof ended> = [
      ['m', 200_000],
      ['m[1m]', 1_000_000],
    ];
    const long = [system('init', { model: 'm[1m]' }), answer(1000), ended(...models)];
    expect(useAfter(...long)?.window).toBe(1_000_000);
    const short = [system('init', { model: 'm' }), answer(1000), ended(...models)];
    expect(useAfter(...long, ...short)?.window).toBe(200_000);
    const other = [system('init', { model: 'overloaded' }), answer(1000), ended(...models)];
    expect(useAfter(...other)?.window).toBe(200_000);
  });

  test.each<[string, SDKMessage[]]>([
    ['there is no answer', [ended(['m', 9000])]],
    ['there is no result', [answer(1000)]],
    ['the model is not named', [answer(1000), ended(['x', 9000])]],
    ['the window is no figure', [answer(1000), ended(['m', '9000'])]],
    ['Claude Code itself has answered', [answer(1000, { model: '<synthetic>' }), ended(['m', 9])]],
  ])('is unknown as long as %s', (_what, messages) => {
    expect(useAfter(...messages)).toBeUndefined();
  });

  test('outlives a turn that failed without an answer', () => {
    const known = [answer(1000), ended(['m', 9000])];
    expect(useAfter(...known, ended())).toEqual({ tokens: 1001, window: 9000 });
  });
});
