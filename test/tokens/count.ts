/** Tokens of an hour, by a public tokenizer: Claude's own is not published. */

import { countTokens } from 'gpt-tokenizer';
import type { Exchange, Hour } from './hour.ts';

export type Counted = {
  /** Once for each conversation: names, texts and input schemas of the tools, and the instructions. */
  readonly once: number;
  readonly calls: readonly {
    readonly tool: string;
    readonly asked: number;
    readonly read: number;
  }[];
  /** Of all calls and replies. */
  readonly hour: number;
  /** One more wait for one session that still works. */
  readonly wait: number;
};

export function countHour({ tools, instructions, exchanges }: Hour): Counted {
  const calls = exchanges.map(({ tool, args, reply }) => ({
    tool,
    asked: tokensOf({ tool, args }),
    read: tokensOf(reply),
  }));
  const wait = calls.find(({ tool }) => tool === 'wait_sessions');
  return {
    once: tokensOf(tools) + countTokens(instructions),
    calls,
    hour: calls.reduce((sum, { asked, read }) => sum + asked + read, 0),
    wait: (wait?.asked ?? 0) + (wait?.read ?? 0),
  };
}

function tokensOf(value: readonly object[] | Exchange['reply']): number {
  return countTokens(settled(JSON.stringify(value)));
}

/**
 * The text with ids, times and a directory that take the same tokens each time; 23 are usual for an id. What a prompt to
 * the stand-in carries for its model is left out: no real prompt has that.
 */
function settled(text: string): string {
  return text
    .replace(/(\\n)?\[\[script\]\].*?\[\[\/script\]\]/g, '')
    .replace(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, '7de93b9b-af30-42cf-a526-9d6761e6d3cc')
    .replace(/toolu_[0-9a-f]{32}/g, 'toolu_01H7vQ2mXk4RzNcT8bYwJd5F')
    .replace(/"20\d\d-[\d:.T-]+Z"/g, '"2026-11-27T10:24:41.318Z"')
    .replace(/[^"\s]*\/shop\b/g, '/home/ann/src/shop');
}
