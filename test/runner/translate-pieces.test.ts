/** Pieces of what Claude writes: they are shown, and counted as activity, but are no output. */

import { expect, test } from 'vitest';
import { assistant, said, streamed, textBegins, textPiece } from './messages.ts';
import { create, prompted } from './translated.ts';

const KEY = 'sk-ant-0123456789';
const thought = (thinking: string) =>
  streamed({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } });

test('a text is told as far as it is, and once, whole, as output', () => {
  const { feed, written, outputs } = prompted();
  feed(textBegins(), textPiece('One '), textPiece('two.'));
  expect(written()).toEqual(['One ', 'One two.']);
  expect(outputs()).toEqual([]);
  feed(said('One two.'), streamed({ type: 'content_block_stop', index: 0 }), textBegins());
  feed(textPiece('Three'));
  expect(written().at(-1)).toBe('Three');
  expect(outputs()).toMatchObject([{ type: 'text', text: 'One two.' }]);
});

test('of thoughts, inputs of tools and subagents nothing is told but that they are written', () => {
  const { feed, written } = prompted();
  feed(streamed({ type: 'content_block_start', index: 0, content_block: { type: 'thinking' } }));
  feed(thought('secret plan'));
  const input = { type: 'input_json_delta', partial_json: '{"a' };
  feed(streamed({ type: 'content_block_delta', index: 1, delta: input }));
  feed(textPiece('of a subagent', 'toolu_1'));
  expect(written()).toEqual(['', '', '']);
});

test('what a subagent writes meanwhile does not mix with the text', () => {
  const { feed, written } = prompted();
  feed(textBegins(), textPiece('One '), textPiece('of a subagent', 'toolu_1'), textPiece('two'));
  expect(written()).toEqual(['One ', 'One ', 'One two']);
});

test('an answer that is given up and begun again is told from its beginning', () => {
  const { feed, written } = prompted();
  feed(textBegins(), textPiece('half a sen'), streamed({ type: 'message_start', message: {} }));
  feed(textBegins(), textPiece('A whole'));
  expect(written().at(-1)).toBe('A whole');
});

test('a credential is not told, whether pieces or texts cut it', () => {
  const { feed, written } = prompted({ secrets: [KEY] });
  feed(textBegins(), textPiece('It is sk-ant'), textPiece('-0123456789.'));
  expect(written()).toEqual(['It is ', 'It is [redacted].']);
  feed(said('The first half is sk-ant-01'), textBegins(), textPiece('23456789.'));
  expect(written().at(-1)).toBe('The first half is [redacted].');
  feed(assistant([{ type: 'tool_use', id: 'toolu_1', name: 'Bash', input: {} }]));
  feed(textBegins(), textPiece('23456789.'));
  expect(written().at(-1)).toBe('23456789.');
});

test('pings and what comes outside of a turn are no activity', () => {
  const { feed, prompt, told, written } = create();
  feed(textBegins(), textPiece('late'));
  expect(told).toEqual([]);
  prompt();
  feed(streamed({ type: 'ping' }));
  expect(written()).toEqual([]);
});
