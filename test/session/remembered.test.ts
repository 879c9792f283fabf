import { describe, expect, test } from 'vitest';
import { REMEMBERED_PERMISSIONS_MAX } from '../../src/limits.ts';
import { decide } from '../../src/session/decide.ts';
import { type RememberRule, ruleName, ruleNamed } from '../../src/session/remembered.ts';
import { inStatus, PERMISSION } from './log.ts';

const RULES: readonly RememberRule[] = [
  { kind: 'input', tool: 'Bash', digest: 'x' },
  { kind: 'files', tool: 'Write', within: '/home/me/shop' },
  { kind: 'host', tool: 'WebFetch', host: 'example.com' },
  { kind: 'tool', tool: 'mcp__a__b' },
];

describe('the name of a rule', () => {
  test.each(RULES)('leads back to it: %j', (rule) => {
    expect(ruleNamed(ruleName(rule))).toEqual(rule);
  });

  test('of an earlier version counts as far as it was shown', () => {
    const digest = 'a'.repeat(43);
    expect(ruleNamed(`Bash ${digest}`)).toEqual({ kind: 'input', tool: 'Bash', digest });
    expect(ruleNamed('mcp__a__b')).toEqual({ kind: 'tool', tool: 'mcp__a__b' });
    for (const name of ['Write', 'Edit', 'Read', 'WebFetch', 'Bash', 'Bash ls', 'NotebookEdit'])
      expect(ruleNamed(name)).toBeUndefined();
  });

  test('of a later version, or of none, answers nothing', () => {
    for (const name of ['', '{}', 'null', '7', '{"kind":"all","tool":"Write"}'])
      expect(ruleNamed(name)).toBeUndefined();
    expect(ruleNamed('{"kind":"tool","tool":"mcp__a__b","host":"x"}')).toBeUndefined();
  });
});

test('past the bound an answer for the session counts once, and says so', () => {
  const [, , rule] = RULES;
  if (rule === undefined) throw new Error('a rule');
  const remembered = { as: 'WebFetch of example.com', rule };
  const answer = { state: 'allowed', remembered } as const;
  const { requestId } = PERMISSION;
  const command = { type: 'answer_permission', requestId, answer } as const;
  const answered = (count: number) =>
    decide({ ...inStatus('busy'), remembered: count }, command, 3000);
  expect(answered(REMEMBERED_PERMISSIONS_MAX - 1)).toMatchObject([{ request: { remembered } }]);
  const [event] = answered(REMEMBERED_PERMISSIONS_MAX);
  expect(event).toMatchObject({
    request: { notRemembered: expect.stringContaining('REMEMBERED_PERMISSIONS_MAX') },
  });
  expect(event).not.toHaveProperty('request.remembered');
});
