import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventView } from '../../src/views/events.ts';
import { script } from '../support/messages-api.ts';
import {
  makeWorkplace,
  type Program,
  startHttp,
  startProgram,
  type Workplace,
} from '../support/program.ts';
import { connectHttp, type SessionView } from './clients.ts';
import { callTool, initialize } from './json-rpc.ts';
import { exists, OPTIONS } from './sessions.ts';

type Call = (tool: string, args: Record<string, unknown>) => Promise<unknown>;
type Server = { readonly program: Program; readonly call: Call };

async function overStdio(place: Workplace): Promise<Server> {
  const program = startProgram({ env: place.env });
  await initialize(program);
  return { program, call: (tool, args) => callTool(program, tool, args) };
}

async function overHttp(place: Workplace): Promise<Server> {
  const program = await startHttp(place);
  const client = await connectHttp('v2 legacy', program.url, program.token);
  return { program, call: (tool, args) => client.call(tool as 'get_session', args) };
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
    const { program, call } = await start(place);
    const file = join(place.directory, 'asked');
    const made = await call('create_session', {
      workingDirectory: place.directory,
      prompt: script([
        { tool: 'Write', input: { file_path: file, content: 'x' } },
        { text: 'I went on.' },
      ]),
    });
    const sessionId = (made as { session: SessionView }).session.id;
    await call('wait_sessions', { sessionIds: [sessionId], waitMs: 30_000 });
    const { session } = (await call('get_session', { sessionId })) as { session: SessionView };
    expect(session.pendingPermissions).toBe(1);
    const asked = place.api.requests.length;

    stop(program);
    const { code } = await program.ended;

    expect(code).toBe(0);
    const later = place.api.requests.slice(asked).map(({ body }) => JSON.stringify(body));
    expect(later.flatMap((body) => body.match(/"tool_result".{0,200}/g) ?? [])).toEqual([]);
    expect(await exists(file)).toBe(false);
    const next = await start(place);
    const read = await next.call('read_events', { sessionId });
    const { events } = read as { events: readonly EventView[] };
    const ends = events.filter(({ type }) => type === 'turn_ended');
    expect(ends).toMatchObject([{ turn: { state: 'interrupted' } }]);
    const answers = events.filter(({ type }) => type === 'permission_answered');
    expect(answers).toMatchObject([{ request: { state: 'closed' } }]);
  },
);
