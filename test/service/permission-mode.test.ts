import { expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';

test('a mode that is reached is shown, and is the one of every later process, and of a fork', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const options = { permissionMode: 'plan', prompt: 'plan it' };
  const { session } = await client.call('create_session', options);
  const sessionId = session.id;
  expect(session.permissionMode).toBe('plan');
  const run = await harness.running(sessionId);
  run.say('here it is');
  run.mode('default');
  run.mode('bypassPermissions');
  run.finish();
  await client.call('wait_sessions', { sessionIds: [sessionId], until: 'turn_end' });
  const shown = await client.call('get_session', { sessionId });
  expect(shown.session.permissionMode).toBe('default');
  const { events } = await client.call('read_events', { sessionId });
  expect(events.slice(-3)).toMatchObject([
    { type: 'text' },
    { type: 'session_updated', changes: { permissionMode: 'default' } },
    { type: 'turn_ended' },
  ]);
  const fork = await client.call('fork_session', { sessionId, prompt: 'go on' });
  expect(fork.session.permissionMode).toBe('default');
  await harness.reopen();
  const later = await harness.connect();
  await later.call('send_prompt', { sessionId, prompt: 'again' });
  const { spec } = await harness.running(sessionId);
  expect(spec.options.permissionMode).toBe('default');
});
