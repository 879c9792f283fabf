/** A form shows all of a request, or says that it does not: the person must know what they allow. */

import { expect, test } from 'vitest';
import { permissionForm } from '../../src/forms/permission-form.ts';
import { FORM_CHARS_MAX } from '../../src/limits.ts';
import { newSession } from '../session/log.ts';

type Asked = { readonly toolName?: string; readonly input: Record<string, unknown> };

function messageOf({ toolName = 'Bash', input }: Asked): string {
  const ids = { requestId: 'r', sessionId: 'claude_1', turnId: null };
  const times = { createdAt: 1, expiresAt: 2 };
  const request = { ...ids, ...times, toolName, input, state: 'pending' } as const;
  return permissionForm(request, newSession(), 'rich').message;
}

const NOT_ALL =
  'This is not all of it. If you cancel, you can look at the whole request with list_permission_requests.';

test('says how much it leaves out, and how to see it', () => {
  const message = messageOf({ input: { command: '😀'.repeat(FORM_CHARS_MAX) } });
  expect(message).toMatch(/… \[\d+ characters cut\]\n\nThis is not/);
  expect(message.endsWith(`\n\n${NOT_ALL}`)).toBe(true);
  expect(message.isWellFormed()).toBe(true);
  expect(message.length).toBeLessThan(FORM_CHARS_MAX + 400);
  const plan = 'x'.repeat(FORM_CHARS_MAX);
  const ofPlan = (text: string) =>
    messageOf({ toolName: 'ExitPlanMode', input: { plan: text } }).includes(NOT_ALL);
  expect([ofPlan(plan), ofPlan(`${plan}x`)]).toEqual([false, true]);
});

test.each(['Write', 'mcp__disk__write', 'Bash'])(
  'lets no long argument of %s push another out, whichever comes first',
  (toolName) => {
    const long = 'x'.repeat(2 * FORM_CHARS_MAX);
    const input = { content: long, old: long, file_path: '~/.ssh/authorized_keys', force: true };
    const message = messageOf({ toolName, input });
    expect(message).toContain('\nfile_path: ~/.ssh/authorized_keys\nforce: true\n');
    expect(message.match(/x{1900,}… \[\d+ characters cut\]/g)).toHaveLength(2);
    expect(message).toContain(NOT_ALL);
    expect(message.length).toBeLessThan(FORM_CHARS_MAX + 400);
  },
);

test('is bounded however many arguments there are, and shows none as another', () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`a${at}`, 'value']));
  expect(messageOf({ toolName: 'Other', input: many }).length).toBeLessThan(
    2 * FORM_CHARS_MAX + 400,
  );
  const input = { 'a: b\nfile_path': '/safe' };
  expect(messageOf({ toolName: 'Other', input }).endsWith(':\na: b file_path: /safe')).toBe(true);
});
