import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Place, Server } from '../support/client/place.ts';
import type { Program } from '../support/client/program.ts';
import type { ToolClient } from '../support/client/tools.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { exists, OPTIONS } from './sessions.ts';

type Running = { readonly program: Program; readonly client: ToolClient };

async function overStdio(place: Place): Promise<Running> {
  const client = await new Server(place).initialize();
  return { program: client.program, client };
}

async function overHttp(place: Place): Promise<Running> {
  const program = await place.startHttp();
  return { program, client: await connectHttp('v2 legacy', program) };
}

const signal =
  (...names: NodeJS.Signals[]) =>
  ({ child }: Program) => {
    for (const name of names) child.kill(name);
  };

const STOPS: readonly [string, typeof overStdio, (program: Program) => void][] = [
  ['SIGTERM', overStdio, signal('SIGTERM')],
  ['SIGINT', overStdio, signal('SIGINT')],
  ['a second signal', overStdio, signal('SIGTERM', 'SIGINT', 'SIGTERM')],
  ['the end of its input', overStdio, ({ child }) => child.stdin.end()],
  ['SIGTERM over HTTP', overHttp, signal('SIGTERM')],
];

test.each(STOPS)(
  'a server that stops by %s leaves an open question unanswered, and its turn goes no further',
  OPTIONS,
  async (_, start, stop) => {
    const place = await makeWorkplace();
    const { program, client } = await start(place);
    const file = join(place.directory, 'asked');
    const made = await client.call('create_session', {
      prompt: script([
        { tool: 'Write', input: { file_path: file, content: 'x' } },
        { text: 'I went on.' },
      ]),
    });
    const sessionId = made.session.id;
    await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: 30_000 });
    const { session } = await client.call('get_session', { sessionId });
    expect(session.pendingPermissions).toBe(1);
    const asked = place.api.requests.length;

    stop(program);
    const { code } = await program.ended;

    expect(code).toBe(0);
    const later = place.api.requests.slice(asked).map(({ body }) => JSON.stringify(body));
    expect(later.flatMap((body) => body.match(/"tool_result".{0,200}/g) ?? [])).toEqual([]);
    expect(await exists(file)).toBe(false);
    const next = await start(place);
    const { events } = await next.client.call('read_events', { sessionId });
    const ends = events.filter(({ type }) => type === 'turn_ended');
    expect(ends).toMatchObject([{ turn: { state: 'interrupted' } }]);
    const answers = events.filter(({ type }) => type === 'permission_answered');
    expect(answers).toMatchObject([{ request: { state: 'closed' } }]);
  },
);
