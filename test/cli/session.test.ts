import { describe, expect, test } from 'vitest';
import { type SessionError, SettingError } from '../../src/errors.ts';
import { LEASE_TIMES } from '../../src/process-limits.ts';
import { createOwners } from '../../src/runner/owners.ts';
import { ANY_TURN, createIn, PRINCIPAL, say } from '../store/fixtures.ts';
import { cells, lines, World } from './world.ts';

async function failure(run: Promise<unknown>): Promise<SessionError> {
  return run.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );
}

function creation(name: string) {
  const [options, labels] = [{ workingDirectory: '/work' }, {}];
  return [
    { type: 'session_created', principal: 'bob', mcpSessionId: null, options, labels, name },
  ] as const;
}

const A = 'claude_aaaa0000-0000-4000-8000-000000000001';
const B = 'claude_aaaa1111-0000-4000-8000-000000000002';

describe('a session is found', () => {
  async function two() {
    const world = new World();
    const store = await world.store();
    await store.create(A, creation('first job'));
    await store.create(B, creation('second job'));
    const idOf = async (word: string) => (await world.json(['show', word])).session.id;
    return { world, store, idOf };
  }

  test('by its id, its UUID, the beginning of either, or its name', async () => {
    const { idOf } = await two();
    const uuid = A.slice('claude_'.length);
    for (const word of [A, uuid, uuid.toUpperCase(), 'claude_aaaa0', 'aaaa0', 'first job']) {
      expect(await idOf(word)).toBe(A);
    }
  });

  test('only where no other may be meant, of those that have not ended', async () => {
    const { world, store, idOf } = await two();
    const error = await failure(world.run(['show', 'aaaa']));
    expect(error.message).toBe(`aaaa may mean ${A}, ${B}`);
    expect((await failure(world.run(['end', 'aaaa']))).message).toContain('may mean');
    await store.append(A, { type: 'end', reason: 'over' });
    expect(await idOf('aaaa')).toBe(B);
    expect(await idOf('first job')).toBe(A);
  });

  test('by a name that looks like the beginning of an id, unless it is one', async () => {
    const { world, store } = await two();
    const id = 'claude_bbbb0000-0000-4000-8000-000000000003';
    await store.create(id, creation('aaaa0'));
    expect((await failure(world.run(['show', 'aaaa0']))).message).toContain('may mean');
    expect((await world.json(['show', 'bbbb'])).session.id).toBe(id);
  });

  test.each(['show', 'tail', 'end'])('and %s says in a line that there is none', async (word) => {
    const { world } = await two();
    for (const id of ['claude_', 'ffff', '%', 'no such\u001b[31m name', 'first']) {
      const error = await failure(world.run([word, id]));
      expect(error).toMatchObject({ code: 'SESSION_NOT_FOUND' });
      expect(error.message).toMatch(/^no session \P{Cc}*$/u);
    }
    const empty = new World();
    const error = await failure(empty.run([word, 'x']));
    expect(error.message).toMatch(/no server has run on .*state yet/);
  });
});

test('show says what a session is, does, asks and cost, in lines that fit', async () => {
  const world = new World();
  const store = await world.store();
  const id = await createIn(store, { taskId: 'T-1', labels: { team: 'x' }, prompts: ['p', 'q'] });
  await store.append(id, { type: 'start_turn', turnId: 'p', origin: 'prompt' });
  await say(store, id, `I look.\u001b[2J ${'word '.repeat(300)}`);
  const request = {
    requestId: 'r',
    sessionId: id,
    turnId: 'p',
    toolName: 'Bash',
    input: { command: 'rm -rf build' },
    memory: {
      as: 'Bash(rm -rf build\u001b[2J)',
      rule: { kind: 'input', tool: 'Bash', digest: 'x' },
    },
    expiresAt: 1,
  } as const;
  await store.append(id, { type: 'request_permission', request });
  const { output } = await world.run(['show', id], { columns: 80 });
  for (const expected of [
    /^id +claude_/m,
    /^status +busy, asks$/m,
    /^principal +alice$/m,
    /^directory +\/work$/m,
    /^mode +default$/m,
    /^tasks +T-1$/m,
    /^labels +team=x$/m,
    /^turns +0 completed, 0 failed, 1 running, 1 queued$/m,
    /^asks +Bash rm -rf build$/m,
    /^ +for the session: Bash\(rm -rf build␛\[2J\)$/m,
    /^said +I look\.␛\[2J word word/m,
    /^ +… \d+ more lines$/m,
    /^resume +claude --resume 0000/m,
  ]) {
    expect(output).toMatch(expected);
  }
  expect(Math.max(...lines(output).map((line) => line.length))).toBeLessThanOrEqual(80);
  const pairs = new Map(cells((await world.run(['show', id])).output).map(([k, v]) => [k, v]));
  expect(pairs.get('id')).toBe(id);
  const { session, permissionRequests } = await world.json(['show', id]);
  expect(session).toMatchObject({ id, principal: PRINCIPAL, pendingPermissions: 1 });
  expect(permissionRequests).toMatchObject([
    { requestId: 'r', state: 'pending', rememberAs: request.memory.as },
  ]);
});

test('metrics sum up all principals, or one task', async () => {
  const world = new World();
  expect(await world.json(['metrics'])).toMatchObject({ totalSessions: 0, principals: [] });
  const store = await world.store();
  await createIn(store, { principal: 'bob', taskId: 'T', prompts: ['p'] });
  await store.append(await createIn(store, {}), { type: 'end', reason: 'over' });
  expect(await world.json(['metrics'])).toMatchObject({
    totalSessions: 2,
    activeSessions: 1,
    queuedTurns: 1,
    principals: [
      { principal: 'alice', totalSessions: 1, activeSessions: 0 },
      { principal: 'bob', totalSessions: 1, queuedTurns: 1 },
    ],
  });
  expect(await world.json(['metrics', '--task', 'T'])).toMatchObject({
    totalSessions: 1,
    principals: [{ principal: 'bob' }],
  });
  const piped = new Map(cells((await world.run(['metrics'])).output).map(([k, v]) => [k, v]));
  expect(piped.get('totalSessions')).toBe('2');
  const { output } = await world.run(['metrics'], { columns: 80 });
  expect(output).toMatch(/^sessions +2 {2}0 busy, 1 ready, 0 in error, 1 ended$/m);
  expect(output).toMatch(/^PRINCIPAL +SESSIONS +BUSY +ASK +TURNS +COST$/m);
  expect(output).toMatch(/^bob +1 +0 +0 +0 +\$0\.00$/m);
});

describe('end', () => {
  test('ends a session of any principal where no server runs, and says so once', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store, { principal: 'bob', mcpSessionId: 'm', prompts: ['p'] });
    const server = { mcpSessionId: 'm', principal: 'bob', owner: createOwners('s').self };
    await store.peers.connect(server);
    expect(await world.run(['end', id, '--reason', 'not needed'])).toMatchObject({
      code: 0,
      output: `${id} ended\n`,
    });
    expect(await store.session('bob', id)).toMatchObject({
      status: 'terminated',
      endReason: 'not needed',
      turns: { queued: 0 },
    });
    expect((await world.run(['end', id])).output).toBe(`${id} had already ended (now)\n`);
    expect(await world.json(['end', id])).toMatchObject({ ended: false, session: { id } });
  });

  test('takes a session from a server that is gone, and starts no turn of another', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store, { prompts: ['p'] });
    const [, , boot, namespace] = createOwners('s').self.split('/');
    const gone = ['id', 2 ** 30, boot, namespace, 1].join('/');
    await store.claim(gone, ANY_TURN);
    const waiting = await createIn(store, { prompts: ['q'] });
    expect((await store.leases(id))[0]?.until).toBeGreaterThan(Date.now() - LEASE_TIMES.leaseMs);
    await world.run(['end', id]);
    expect((await store.leases(id))[0]).toBeUndefined();
    expect(await store.session(PRINCIPAL, id)).toMatchObject({ status: 'terminated' });
    expect(await store.session(PRINCIPAL, waiting)).toMatchObject({ turns: { queued: 1 } });
    expect(await store.leases()).toEqual([]);
  });
});

test.each([
  [['list', '--limit', '0'], /--limit: .*1 or more/],
  [['list', '--limit', 'all'], /--limit: .*whole number/],
  [['list', '--status', 'idle'], /--status: expected one of initializing/],
  [['list', '--status', 'bsuy'], /did you mean busy\?$/],
  [['list', '--label', 'team'], /--label: expected key=value/],
  [['tail', 'x', '--after', '-1'], /after/],
  [['end', 'x', '--reason', ''], /--reason/],
])('%j is refused with a line', async (words, message) => {
  const world = new World();
  const error = await failure(world.run(words));
  expect(error).toBeInstanceOf(SettingError);
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain('\n');
});
