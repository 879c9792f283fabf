/** Credentials of the server that a session prints, with the built program and the real Claude Code. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow } from '../support/files.ts';
import { script } from '../support/messages-api-script.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';

describe('a session that prints what the server may not give away', { timeout: 120_000 }, () => {
  test('leaves neither its key nor its token in database, journal, log, figures or results', async () => {
    const place = await makeWorkplace();
    const program = await place.startHttp(['--log-level', 'trace']);
    const client = await connectHttp('v2 auto', program);
    const token = join(place.stateDirectory, 'token');
    // Claude Code denies a shell that names the file, so this one does not.
    const hidden = Buffer.from(`cat '${token}'`).toString('base64');
    const command = `printenv; printenv ANTHROPIC_API_KEY | base64; echo ${hidden} | base64 -d | sh`;
    const prompt = script([{ tool: 'Bash', input: { command } }, { text: 'done' }]);
    const { session } = await client.call('create_session', { prompt, allowedTools: ['Bash'] });
    const wait = { sessionIds: [session.id], until: 'turn_end', waitMs: 50_000 };
    expect((await client.call('wait_sessions', wait)).ready).toEqual([session.id]);
    const read = { sessionId: session.id, detail: 'full' };
    const { events } = await client.call('read_events', read);
    const results = events.flatMap((event) => (event.type === 'tool_result' ? [event.text] : []));
    expect(results).toEqual([
      expect.stringMatching(/ANTHROPIC_API_KEY=\[redacted\]\n.*\[redacted\]\S*\n\[redacted\]$/s),
    ]);
    const figures = await fetch(new URL('/metrics', program.url), {
      headers: { authorization: `Bearer ${program.token}` },
    });
    const kept = [
      { name: 'events', text: JSON.stringify(events) },
      { name: 'metrics', text: await figures.text() },
      ...(await filesBelow(place.stateDirectory)).filter(({ name }) => name !== 'token'),
    ];
    const { stderr } = await program.stop();
    kept.push(
      { name: 'log', text: stderr },
      ...(await filesBelow(place.stateDirectory)).filter(({ name }) => name !== 'token'),
    );
    expect(kept.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['sessions.db', 'sessions.db-wal', 'log']),
    );
    const key = place.env.ANTHROPIC_API_KEY ?? '';
    for (const secret of [key, Buffer.from(key).toString('base64').slice(0, 18), program.token]) {
      expect(secret.length).toBeGreaterThan(7);
      expect(kept.filter(({ text }) => text.includes(secret)).map(({ name }) => name)).toEqual([]);
    }
    await client.close();
  });
});
