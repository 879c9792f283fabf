import { describe, expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';

describe('get_session', () => {
  test('shows a session as it is, its log as long as it has grown', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const made = await client.call('create_session', { name: 'docs', model: 'opus' });
    const { session } = await client.call('get_session', { sessionId: made.session.id });
    expect(session).toEqual(made.session);
  });
});
