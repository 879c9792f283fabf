import { describe, expect, test } from 'vitest';
import { result, system } from './messages.ts';
import { create, TURN } from './translated.ts';

describe('a turn that is to compact the conversation', () => {
  const compacted = (trigger: string) =>
    system('compact_boundary', { compact_metadata: { trigger } });

  test('is completed once it has', () => {
    const { feed, prompt, outcomes } = create();
    prompt(TURN, 'compact');
    feed(compacted('manual'), result(TURN));
    expect(outcomes()).toMatchObject([{ state: 'completed' }]);
  });

  test.each([
    ['does nothing', []],
    ['waits behind one in which Claude Code compacts by itself', [compacted('auto')]],
  ])('fails if it %s', (_case, messages) => {
    const { feed, prompt, outcomes } = create();
    prompt(TURN, 'compact');
    feed(...messages, result(TURN));
    expect(outcomes()).toMatchObject([{ state: 'failed', error: { code: 'SESSION_NOT_READY' } }]);
  });

  test('is interrupted if it was asked to stop before', () => {
    const { translator, feed, prompt, outcomes } = create();
    prompt(TURN, 'compact');
    translator.stopping();
    feed(result(TURN));
    expect(outcomes()).toMatchObject([{ state: 'interrupted' }]);
  });
});
