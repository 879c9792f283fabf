import { expect, test } from 'vitest';
import { coversTool } from '../../src/session/tool-rule.ts';

test.each([
  ['Read', 'Read'],
  ['mcp__linear', 'mcp__linear__get'],
  ['mcp__linear__*', 'mcp__linear__get'],
  ['mcp__linear__get', 'mcp__linear__get'],
  ['mcp__linear__get_*', 'mcp__linear__get_issue'],
  ['mcp__linear__*_issue', 'mcp__linear__get_issue'],
  ['mcp__linear__g*t*e', 'mcp__linear__get_issue'],
  ['mcp__a_b-c', 'mcp__a_b-c__d__e'],
])('the rule %s covers the tool %s', (rule, tool) => {
  expect(coversTool(rule, tool)).toBe(true);
});

test.each([
  ['Read', 'ReadMcpResource'],
  ['Re*', 'Read'],
  ['*', 'mcp__linear__get'],
  ['mcp__*', 'mcp__linear__get'],
  ['mcp__lin*', 'mcp__linear__get'],
  ['mcp__lin', 'mcp__linear__get'],
  ['mcp__linear', 'mcp__linear'],
  ['mcp__linear__get', 'mcp__linear__get_issue'],
  ['mcp__linear__get', 'mcp__linear__get__issue'],
  ['mcp__linear__get_*', 'mcp__linear__set_issue'],
  ['mcp__linear__get*get', 'mcp__linear__get'],
  ['mcp__linear__a*b*b', 'mcp__linear__a_b'],
  ['mcp__', 'mcp____get'],
])('the rule %s does not cover the tool %s', (rule, tool) => {
  expect(coversTool(rule, tool)).toBe(false);
});

test('a rule of many parts takes no time that grows with their number', () => {
  const rule = `mcp__a__${'*a'.repeat(240)}*b`;
  expect(coversTool(rule, `mcp__a__${'a'.repeat(100_000)}`)).toBe(false);
});
