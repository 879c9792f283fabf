import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LineWire } from '../support/client/line-wire.ts';
import { modern } from '../support/client/messages.ts';
import { commandOf, type Workplace } from '../support/client/place.ts';
import { Program, ROOT } from '../support/client/program.ts';
import { script } from '../support/messages-api.ts';
import { connectStdio, makeWorkplace } from '../support/program.ts';

const OPTIONS = { timeout: 120_000 };
const { command, args } = commandOf();
const CLIENT = join(import.meta.dirname, 'programs', 'other-client.mjs');
const PACKAGE = ['npm', '--silent', '--prefix', ROOT, 'start'];

/** Without the mark of a session, in which these tests may run: a server does not start inside one. */
const { CLAUDE_SESSIONS_MARKER: _, ...inherited } = process.env;

/** A server of this process, which is the client of all of them, started through what is given. */
function connect({ env }: Workplace, [file = '', ...words]: readonly string[]) {
  return connectStdio('v2 auto', {
    command: file,
    args: words,
    env: { ...inherited, ...env } as never,
  });
}

describe('a desktop program that starts several servers', OPTIONS, () => {
  test('works on one session through each of them; another client must attach it', async () => {
    const place = await makeWorkplace();
    const first = await connect(place, [command, ...args]);
    const second = await connect(place, PACKAGE);
    const third = await connect(place, ['/bin/sh', '-c', `"${command}" "${args[0]}"; true`]);
    const { session } = await first.call('create_session', { workingDirectory: place.directory });
    const sessionId = session.id;
    for (const server of [first, second, third, first]) {
      const prompt = script([{ text: 'It works.' }]);
      const { turn } = await server.call('send_prompt', { sessionId, prompt, waitMs: 45_000 });
      expect(turn).toMatchObject({ state: 'completed', result: 'It works.' });
    }
    const other = await connect(place, [command, CLIENT, command, ...args]);
    const refused = { code: 'CONFLICT', hint: expect.stringContaining('attach_session') };
    const sent = { sessionId, prompt: script([{ text: 'Mine.' }]), waitMs: 45_000 };
    expect(await other.refusal('send_prompt', sent)).toMatchObject(refused);
    await other.call('attach_session', { sessionId });
    expect((await other.call('send_prompt', sent)).turn.state).toBe('completed');
    expect(await second.refusal('end_session', { sessionId })).toMatchObject(refused);
  });

  test('and one more that only asks which revision is spoken, disturbs none', async () => {
    const place = await makeWorkplace();
    const first = await connect(place, [command, ...args]);
    const asked = { workingDirectory: place.directory, onDisconnect: 'interrupt' };
    const prompt = script([{ tool: 'Bash', input: { command: 'touch made' } }, { text: 'done' }]);
    const { session } = await first.call('create_session', { ...asked, prompt });
    const sessionIds = [session.id];
    await first.call('wait_sessions', { sessionIds, until: 'attention' });
    const probe = new Program([command, ...args], place.env);
    place.defer(() => probe.stop('SIGKILL'));
    const wire = new LineWire(probe.child.stdin, probe.child.stdout, probe.stderr);
    const { result } = await wire.request('server/discover', modern('server/discover').params);
    expect(result).toBeDefined();
    probe.child.kill('SIGKILL');
    await once(probe.child, 'close');
    const { requests } = await first.call('list_permission_requests', { sessionId: session.id });
    const answer = { requestId: requests[0]?.requestId, decision: 'allow' };
    await first.call('answer_permission_request', answer);
    const { sessions } = await first.call('wait_sessions', { sessionIds, until: 'turn_end' });
    expect(sessions[0]).toMatchObject({
      turns: { completed: 1 },
      mcpSessionId: session.mcpSessionId,
    });
  });
});
