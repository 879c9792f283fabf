import { expect, test } from 'vitest';
import type { ClaudeCodeOptions } from '../../src/manager/options.ts';
import { SessionManager } from '../../src/manager/session-manager.ts';

const HALF = 'a\ud83d';
const KEPT = 'a\ufffd';

test('half an emoji is kept as U+FFFD wherever text comes in', () => {
  const manager = new SessionManager();
  const session = manager.createSession({
    name: HALF,
    labels: { [HALF]: HALF },
    allowedTools: [HALF],
    appendSystemPrompt: HALF,
  });
  manager.setTaskId(session.id, HALF);
  manager.setMcpSessionId(session.id, HALF);
  session.outputBuffer.push(HALF);
  const { taskId, mcpSessionId, outputBuffer } = session;
  expect(session.options).toEqual({
    name: KEPT,
    labels: { [KEPT]: KEPT },
    allowedTools: [KEPT],
    appendSystemPrompt: KEPT,
  });
  expect([taskId, mcpSessionId, ...outputBuffer]).toEqual([KEPT, KEPT, KEPT]);
});

test('U+0000 is refused in names, labels and ids', () => {
  const manager = new SessionManager();
  const wrong: ClaudeCodeOptions[] = [
    { name: '\0' },
    { labels: { '\0': '' } },
    { labels: { a: '\0' } },
  ];
  for (const options of wrong) {
    expect(() => manager.createSession(options)).toThrow('U+0000');
  }
  const { id } = manager.createSession();
  expect(() => manager.setTaskId(id, 'a\0')).toThrow('U+0000');
  expect(() => manager.setMcpSessionId(id, 'a\0')).toThrow('U+0000');
  expect(manager.getSession(id).taskId).toBeUndefined();
});
