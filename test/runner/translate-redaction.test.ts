import { describe, expect, test } from 'vitest';
import { EVENT_TEXT_BYTES_MAX } from '../../src/limits.ts';
import { assistant, model, result, said, system, toolResult } from './messages.ts';
import { create, TURN } from './translated.ts';

describe('credentials of the environment', () => {
  const KEY = 'sk-ant-0123456789';
  const MARK = '[redacted]';
  const withKey = () => create({ secrets: [KEY] });
  const texts = (bodies: ReturnType<ReturnType<typeof create>['outputs']>) =>
    bodies.flatMap((body) => (body.type === 'text' ? [body.text] : []));

  test('are told nowhere: texts, calls, results, notices, the end', () => {
    const { feed, prompt, told } = withKey();
    prompt();
    const input = { [KEY]: [{ deep: `a ${KEY} b` }], plain: 1 };
    feed(
      said(`a ${KEY} b`),
      assistant([{ type: 'tool_use', id: KEY, name: `mcp__x__${KEY}`, input }]),
      toolResult([{ type: 'text', text: KEY }], { tool_use_id: KEY }),
      system('local_command_output', { content: `cost of ${KEY}` }),
      system('permission_denied', { tool_name: KEY }),
      result(TURN, { result: `done ${KEY}`, modelUsage: { [KEY]: model(1)['claude-test'] } }),
    );
    const kept = JSON.stringify(told);
    expect(kept).not.toContain('sk-ant');
    expect(kept.split(MARK)).toHaveLength(12);
  });

  test('are found in two blocks that follow one another, and in the result that repeats the second', () => {
    const { feed, prompt, outputs, outcomes } = withKey();
    prompt();
    const blocks = [`It is sk-ant-012`, '3456789, as you know.'];
    feed(
      assistant([
        { type: 'text', text: blocks[0] },
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: blocks[1] },
      ]),
      result(TURN, { result: blocks[1] }),
    );
    expect(texts(outputs())).toEqual([`It is ${MARK}`, ', as you know.']);
    expect(outcomes()[0]).toMatchObject({ result: ', as you know.' });
  });

  test('are found where a long text is split, and where a long input or result is cut', () => {
    const { feed, prompt, told, outputs } = withKey();
    prompt();
    const long = `${'a'.repeat(EVENT_TEXT_BYTES_MAX - 10)}${KEY}`;
    const call = {
      type: 'tool_use',
      id: 'toolu_1',
      name: 'Write',
      input: { content: long + long },
    };
    feed(said(long), assistant([call]), toolResult(`${long}${'b'.repeat(1000)}`));
    expect(texts(outputs()).join('')).toBe(long.replace(KEY, MARK));
    expect(JSON.stringify(told)).not.toContain('sk-ant');
  });

  test('hold a text back only until something else follows, in its order', () => {
    const { feed, prompt, outputs } = withKey();
    prompt();
    feed(said('Keys begin with sk-ant-'));
    expect(outputs()).toEqual([]);
    feed(toolResult('x'), said('sk-ant-'), result(TURN));
    expect(outputs().map(({ type }) => type)).toEqual(['text', 'tool_result', 'text']);
  });
});
