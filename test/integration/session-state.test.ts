/** What a session shows of itself, from the program with the real Claude Code, on the server that runs it and on another. */

import { expect, test } from 'vitest';
import { connectTo, create, OPTIONS, POLL, startServer, turn } from './sessions.ts';

test(
  'a session shows its context and its background tasks on every server, until its process is gone',
  OPTIONS,
  async () => {
    const { place, client } = await startServer();
    const docs = place.folder('docs');
    const more = { name: 'serve', effort: 'high', additionalDirectories: [docs] };
    const id = await create(client, place, more);
    const usage = { input_tokens: 50_000, output_tokens: 100 };
    const input = { command: 'sleep 300', run_in_background: true, description: 'Serve the docs' };
    await turn(client, id, [
      { tool: 'Bash', input },
      { text: 'it runs', usage },
    ]);
    const task = { id: expect.any(String), kind: 'command', description: 'Serve the docs' };
    const shown = {
      effort: 'high',
      context: { tokens: 50_100, window: 1_000_000 },
      backgroundTasks: [task],
    };
    const other = await connectTo(place);
    for (const each of [client, other]) {
      const { session, rules } = await each.call('get_session', { sessionId: id });
      expect(session).toMatchObject(shown);
      expect(rules?.additionalDirectories).toEqual([docs]);
    }
    const efforts = place.api.requests.map(({ body }) => body?.output_config?.effort);
    expect(new Set(efforts)).toEqual(new Set(['high']));
    await client.close();
    const later = async () => (await other.call('get_session', { sessionId: id })).session;
    await expect.poll(async () => (await later()).backgroundTasks, POLL).toBeUndefined();
    expect((await later()).context).toEqual(shown.context);
  },
);
