import { expect, test } from 'vitest';
import { NO_USAGE } from '../../src/session/usage.ts';
import { startWithClient } from '../support/harness.ts';
import { page, rowsOf, sectionOf } from './markdown.ts';

const TRACE = {
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'vendor=1',
};

test('the table of log fields lists those that are logged, on lines that are', async () => {
  const { harness, client } = await startWithClient({ mayLogErrors: true });
  const { session } = await client.call('create_session', { prompt: 'go' }, { meta: TRACE });
  const run = await harness.running(session.id);
  const asked = run.ask();
  await client.call('wait_sessions', { sessionIds: [session.id] });
  const { requests } = await client.call('list_permission_requests');
  const requestId = requests[0]?.requestId;
  await client.call('answer_permission_request', { requestId, decision: 'allow' });
  await asked;
  run.finish({ usage: NO_USAGE });
  await client.call('wait_sessions', { sessionIds: [session.id] });
  await client.call('send_prompt', { sessionId: session.id, prompt: 'and on' });
  (await harness.running(session.id, 2)).exit();
  await client.call('wait_sessions', { sessionIds: [session.id] });
  harness.runner.failNextStart();
  await client.call('send_prompt', { sessionId: session.id, prompt: 'again', waitMs: 50_000 });
  await client.refusal('get_session', { sessionId: 'none' });
  await client.call('update_session', { sessionId: session.id, name: 'n' });
  await client.call('end_session', { sessionId: session.id });
  await client.disconnect();

  const rows = rowsOf(sectionOf(page('docs/observability.md'), 'Logs'));
  const fieldsOf = ([cell = '']: string[]) => cell.replaceAll('`', '').split(', ');
  const often = rows.filter(([, lines]) => lines !== 'few lines').flatMap(fieldsOf);
  const logged = new Set(harness.logged.flatMap((line) => Object.keys(line)));
  expect(often.filter((field) => !logged.has(field))).toEqual([]);
  const named = new Set(rows.flatMap(fieldsOf));
  expect([...logged].filter((field) => !named.has(field))).toEqual([]);
  const lines = rows.flatMap(([, on = '']) => [...on.matchAll(/`([^`]+)`/g)].map(([, msg]) => msg));
  const messages = new Set<unknown>(harness.logged.map(({ msg }) => msg));
  // Only a defect of the program is logged as failed.
  expect(lines.filter((line) => line !== 'tool failed' && !messages.has(line))).toEqual([]);
});
