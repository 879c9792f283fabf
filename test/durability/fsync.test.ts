import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { type Place, Server } from '../support/client/place.ts';
import type { Args, ToolName } from '../support/client/tools.ts';
import { lacksStrace } from '../support/needs.ts';
import { makePlace } from '../support/program.ts';
import { answeredTooEarly, readTrace, type Step } from './trace.ts';

const STRACE = ['strace', '-D', '-f', '-y', '--seccomp-bpf', '-s', '200000'];
const CALLS = 'trace=read,readv,write,writev,pwrite64,pwritev,fsync,fdatasync';

test('each of more than 200 changing calls is answered after the fsync of what it wrote, and concurrent ones share it', {
  timeout: 180_000,
  skip: lacksStrace,
}, async () => {
  const place = await makePlace();
  const file = join(place.scratch, 'trace');
  const other = await new Server(place).initialize();
  const traced = new Server(place, { within: [...STRACE, '-e', CALLS, '-o', file] });
  await traced.initialize();
  const changed: string[] = [];
  const call = <T extends ToolName>(tool: T, args: Args = {}) => {
    changed.push(traced.nextId);
    return traced.call(tool, args);
  };
  const create = async (server: Pick<Server, 'call'>): Promise<string> =>
    (await server.call('create_session', { taskId: 'T-1' })).session.id;

  const ours = await Promise.all(range(40).map(() => create({ call })));
  const [first = '', ...waiting] = ours;
  await call('send_prompt', { sessionId: first, prompt: 'runs and never ends' });
  const queued = await Promise.all(
    waiting.slice(0, 30).map(async (sessionId, index) => {
      const key = { idempotencyKey: `prompt-${index}` };
      const { turn } = await call('send_prompt', { sessionId, prompt: 'waits', ...key });
      return { sessionId, turnId: turn?.id };
    }),
  );
  for (const turn of queued.slice(0, 15)) await call('cancel_prompt', turn);
  await Promise.all(queued.slice(15).map((turn) => call('cancel_prompt', turn)));
  for (const sessionId of waiting.slice(0, 10)) {
    await call('link_task', { sessionId, taskId: 'T-2' });
    await call('unlink_task', { sessionId, taskId: 'T-1' });
  }
  for (const requestId of await askPermission(place, waiting.slice(10, 20))) {
    await call('answer_permission_request', { requestId, decision: 'deny' });
  }
  await call('interrupt_session', { sessionId: first });
  const forks = await Promise.all(
    waiting
      .slice(0, 10)
      .map(async (sessionId) => (await call('fork_session', { sessionId })).session),
  );
  const theirs = await Promise.all(range(30).map(() => create(other)));
  await Promise.all(theirs.map((sessionId) => call('attach_session', { sessionId })));
  const ended = [...forks.map(({ id }) => id), ...theirs, ...waiting.slice(0, 9)];
  await Promise.all(ended.map((sessionId) => call('end_session', { sessionId })));
  for (const sessionId of waiting.slice(9, 19)) await call('end_session', { sessionId });
  await call('cleanup_sessions', { maxAgeMs: 0 });
  expect(changed.length).toBeGreaterThanOrEqual(200);
  await traced.program.leave();

  const steps = readTrace(readFileSync(file, 'utf8'));
  expect(answeredTooEarly(steps, changed)).toEqual([]);
  const syncs = syncsBetween(steps, changed[0] ?? '', changed.at(-1) ?? '');
  console.info(`${changed.length} calls, ${syncs} syncs of the journal`);
  expect(syncs).toBeLessThan(changed.length / 2);
});

/** Has each session ask for something, as if Claude wanted it. */
async function askPermission(
  { stateDirectory: directory }: Place,
  sessionIds: readonly string[],
): Promise<readonly string[]> {
  const store = await openSqliteStore({ directory });
  const requests = sessionIds.map((sessionId) => ({
    requestId: `of ${sessionId}`,
    sessionId,
    turnId: null,
    toolName: 'Bash',
    input: {},
    state: 'pending' as const,
    createdAt: Date.now(),
    expiresAt: Date.now() + 3_600_000,
  }));
  for (const request of requests) {
    await store.append(request.sessionId, {
      type: 'record',
      said: [{ type: 'permission_requested', request }],
    });
  }
  await store.close();
  return requests.map(({ requestId }) => requestId);
}

function syncsBetween(steps: readonly Step[], first: string, last: string): number {
  const from = steps.findIndex((step) => step.kind === 'request' && step.id === first);
  const to = steps.findIndex((step) => step.kind === 'answer' && step.id === last);
  return steps.slice(from, to).filter((step) => step.kind === 'sync').length;
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
