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
  return countTokens(withoutScripts(JSON.stringify(value)));
}

/** A prompt to the stand-in carries what its model answers: no real prompt does. */
function withoutScripts(text: string): string {
  return text.replace(/(\\n)?\[\[script\]\].*?\[\[\/script\]\]/g, '');
}
