import { describe, expect, test } from 'vitest';
import { widthOf } from '../../src/views/screen.ts';
import { ANY_TURN, createIn, newSessionId, PRINCIPAL, upTo } from '../store/fixtures.ts';
import { ALIVE, atWork, GONE, LOST, OUT_OF_SIGHT } from './fleet.ts';
import { cells, lines, World } from './world.ts';

const NOW = 1_000_000;
const LEASE_MS = 15_000;

/** The words for the status of a session: the same in a table, behind a pipe, and as JSON. */
async function statusOf(world: World, id: string, now = NOW): Promise<string> {
  const [piped, { sessions }, shown] = await Promise.all([
    world.run(['list', '--all'], { now }),
    world.json(['list', '--all'], { now }),
    world.run(['show', id], { columns: 80, now }),
  ]);
  const [, text = ''] = cells(piped.output).find(([first]) => first === id) ?? [];
  expect(sessions.find((session: { id: string }) => session.id === id).statusText).toBe(text);
  expect(shown.output).toMatch(new RegExp(`^status +${text}$`, 'm'));
  const screen = await world.run(['list', '--all'], { columns: 140, now });
  expect(screen.output).toContain(text);
  return text;
}

describe('the status says', () => {
  test.each(['failed', 'lost', 'interrupted', 'completed'] as const)(
    'how the last turn ended: %s',
    async (state) => {
      const world = new World();
      const store = await world.store(() => NOW);
      const id = await atWork(store, { outcome: { state } });
      expect(await statusOf(world, id)).toBe(state === 'completed' ? 'ready' : `ready, ${state}`);
      // It counts until something else is tried.
      await store.append(id, { type: 'queue_prompt', turnId: 'next', prompt: 'again' });
      await store.claim(ALIVE, ANY_TURN);
      expect(await statusOf(world, id)).toBe('busy');
    },
  );

  test('that no server runs the turn of a server that is gone', async () => {
    const world = new World();
    const store = await world.store(() => NOW);
    const asks = { tool: 'Bash', input: { command: 'make' } };
    const id = await atWork(store, { owner: GONE, asks });
    expect(await statusOf(world, id)).toBe('busy, no server');
    const { output } = await world.run(['show', id], { columns: 80, now: NOW });
    expect(output).toMatch(/^server +pid 1073741824: is gone; the next server that starts/m);
    // Nobody would hear the answer.
    expect((await world.run(['list'], { columns: 80, now: NOW })).output).not.toContain('allow');
  });

  test('nothing of a server that may be alive where it cannot be seen, until its lease has run out', async () => {
    const world = new World();
    const store = await world.store(() => NOW);
    const id = await atWork(store, { owner: OUT_OF_SIGHT });
    expect(await statusOf(world, id, NOW + LEASE_MS - 1)).toBe('busy');
    expect(await statusOf(world, id, NOW + LEASE_MS)).toBe('busy, no server');
  });

  test('that a prompt waits for a server only if there is none', async () => {
    const world = new World();
    const store = await world.store(() => NOW);
    const id = await createIn(store, { prompts: ['p'] });
    expect(await statusOf(world, id)).toBe('ready, no server');
    await store.peers.joined({ owner: GONE, transport: 'stdio', since: 1 });
    expect(await statusOf(world, id)).toBe('ready, no server');
    await store.peers.joined({ owner: ALIVE, transport: 'stdio', since: 1 });
    expect(await statusOf(world, id)).toBe('ready');
  });
});

test('the doctor names the servers, and the sessions that have none', async () => {
  const world = new World();
  const store = await world.store();
  const check = async () => {
    const { checks } = await world.json(['doctor']);
    return checks.find(({ name }: { name: string }) => name === 'servers');
  };
  expect(await check()).toEqual({ name: 'servers', status: 'ok', detail: 'none run' });
  await store.peers.joined({ owner: ALIVE, transport: 'http', since: 1 });
  await store.peers.joined({ owner: GONE, transport: 'stdio', since: 2 });
  await atWork(store, { owner: OUT_OF_SIGHT });
  expect(await check()).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(
      new RegExp(
        `^pid 7, of an earlier version, cannot be seen.*\\npid ${process.pid}, http, since .*`,
      ),
    ),
  });
  await atWork(store, { owner: GONE });
  await atWork(store, { owner: GONE });
  expect(await check()).toMatchObject({
    status: 'warn',
    detail: expect.stringMatching(/\n2 sessions have turns to run, and no server: another server/),
    hint: expect.stringContaining('claude-sessions-mcp end ID'),
  });
  await store.peers.left(ALIVE);
  expect((await check()).detail).toContain('the next server that starts');
});

test('the list shows what each session asks and how to answer, on the screen and behind a pipe', async () => {
  const world = new World();
  const store = await world.store(() => NOW);
  const asks = { tool: 'Bash', input: { command: `make ${'very '.repeat(30)}clean` } };
  const id = await atWork(store, { name: 'asking', asks });
  const question = {
    tool: 'AskUserQuestion',
    input: { questions: [{ question: 'Which?', options: [{ label: 'A' }] }] },
  };
  await atWork(store, { name: 'wondering', asks: question });
  const short = id.slice('claude_'.length, 'claude_'.length + 8);
  const { output } = await world.run(['list'], { columns: 80, now: NOW });
  for (const line of lines(output)) expect(widthOf(line)).toBeLessThanOrEqual(80);
  expect(output).toContain(`…  claude-sessions-mcp allow ${short} (or deny)\n`);
  expect(output).toMatch(/^ {2}Which\? \(A\) {2}claude-sessions-mcp answer \w{8}$/m);
  const row = cells((await world.run(['list'], { now: NOW })).output).find(([it]) => it === id);
  expect(row?.at(-1)).toBe(
    `Bash ${asks.input.command}: claude-sessions-mcp allow ${short} (or deny)`,
  );
  const { sessions } = await world.json(['list'], { now: NOW });
  const listed = sessions.find((session: { id: string }) => session.id === id);
  expect(listed.permissionRequests).toMatchObject([{ toolName: 'Bash', input: asks.input }]);
});

test('show says why the last turn ended as it did, and all of what is asked', async () => {
  const world = new World();
  const store = await world.store(() => NOW);
  const lost = await atWork(store, { outcome: LOST });
  const { output } = await world.run(['show', lost], { columns: 80, now: NOW + 60_000 });
  expect(output).toMatch(/^last turn +lost .*\(1m ago\)$/m);
  expect(output).toMatch(/^ +UNAVAILABLE: the server was killed\n +ask again\.$/m);
  expect(output).toMatch(/^turns +0 completed, 1 failed \(1 lost\), 0 running, 0 queued$/m);
  const { session } = await world.json(['show', lost]);
  expect(session).toMatchObject({
    turns: { failed: 1, lost: 1 },
    lastTurn: {
      state: 'lost',
      error: { code: 'UNAVAILABLE' },
      endedAt: new Date(NOW).toISOString(),
    },
  });

  const input = { file_path: '/work/a.ts', old_string: 'one\ntwo', new_string: 'three' };
  const asking = await atWork(store, { asks: { tool: 'Edit', input } });
  const screen = await world.run(['show', asking], { columns: 80, now: 9_999_999_940_000 });
  expect(screen.output).toMatch(
    /^asks +Edit a\.ts\n +old_string: one\n +two\n +new_string: three\n +request \w{8}, expires in 1 min 0 s\n +claude-sessions-mcp allow \w{8} \(or deny\)$/m,
  );
  const piped = await world.run(['show', asking], { now: NOW });
  expect(piped.output).toMatch(/^asks\tEdit a\.ts.*new_string: three.*allow \w{8} \(or deny\)/m);
});

test('show says what a session may do and spend, with units', async () => {
  const world = new World();
  const store = await world.store(() => NOW);
  const options = {
    workingDirectory: '/work',
    model: 'opus',
    allowedTools: ['Read', 'Bash(git *)'],
    disallowedTools: ['WebFetch'],
    maxTurns: 20,
    maxBudgetUsd: 5,
    timeout: 600_000,
    onDisconnect: 'end',
    permissionMode: 'plan',
  } as const;
  const id = newSessionId();
  const created = { type: 'session_created', principal: PRINCIPAL, mcpSessionId: null } as const;
  await store.create(id, [
    { ...created, options, labels: { team: 'x' } },
    { type: 'session_updated', changes: { permissionMode: 'acceptEdits' } },
  ]);
  const memory = {
    as: 'Edit files in /work',
    rule: { kind: 'files', tool: 'Edit', within: '/work' },
  } as const;
  const request = {
    requestId: 'r',
    sessionId: id,
    turnId: null,
    toolName: 'Edit',
    input: {},
    memory,
  };
  await store.append(id, { type: 'request_permission', request: { ...request, expiresAt: 1 } });
  const answer = { state: 'allowed', remembered: memory } as const;
  await store.append(id, { type: 'answer_permission', requestId: 'r', answer });
  const { output } = await world.run(['show', id], { columns: 80, now: NOW });
  for (const expected of [
    /^model +opus$/m,
    /^mode +acceptEdits$/m,
    /^allowed +Read\n +Bash\(git \*\)\n +Edit files in \/work \(for the session\)$/m,
    /^denied +WebFetch$/m,
    /^limits +20 steps a turn \(maxTurns\), 10 min 0 s a turn \(timeout\)$/m,
    /^client +if it disconnects, the session ends \(onDisconnect: end\)$/m,
    /^labels +team=x$/m,
    /^cost +\$0\.00 of \$5\.00 \(maxBudgetUsd\)$/m,
  ]) {
    expect(output).toMatch(expected);
  }
  const { session, rules } = await world.json(['show', id]);
  const { workingDirectory, model, permissionMode, ...chosen } = options;
  expect(rules).toEqual({ ...chosen, remembered: [memory.as] });
  expect(session).toMatchObject({ workingDirectory, model, permissionMode: 'acceptEdits' });
});

test('names get the room that the other columns leave', async () => {
  const world = new World();
  const store = await world.store(() => NOW);
  const name =
    'Fix the flaky checkout test, then upgrade the database driver 漢字 👩‍👩‍👧 and write the notes';
  for (const principal of ['local', 'local'])
    await atWork(store, { name, principal, directory: '/work/shop' });
  const shown = async (columns: number) => {
    const { output } = await world.run(['list'], { columns, now: NOW });
    for (const line of lines(output)) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    return lines(output);
  };
  const [titles = '', row = ''] = await shown(80);
  expect(titles).not.toMatch(/PRINCIPAL|TASK|DIRECTORY/);
  expect(widthOf(row)).toBe(80);
  expect(row).toContain('Fix the flaky checkout test, then');
  const [wide = '', wideRow = ''] = await shown(140);
  expect(wide).toMatch(/NAME.*DIRECTORY/);
  expect(wideRow).toContain(' /work/shop');
  expect(wideRow).toContain('upgrade the database driver');
  await atWork(store, { name, principal: 'alice-of-the-team-with-a-long-name' });
  const narrow = await atWork(store, { outcome: { state: 'interrupted' }, name });
  await store.append(narrow, { type: 'link_task', taskId: 'SHOP-1042-and-more' });
  const mixed = (await shown(80)).join('\n');
  // The cost makes room before the name is cut to a few letters.
  expect(mixed).toMatch(/^ID +STATUS +ACTIVE +TURNS +PRINCIPAL +TASK +NAME$/m);
  expect(mixed).toMatch(/alice-\S*… {2,}Fix the flak/);
});

test.each([40, 48, 60])(
  'a screen of %i columns gets rows and requests that fit',
  async (columns) => {
    const world = new World();
    const store = await world.store(() => NOW);
    const asks = { tool: 'Bash', input: { command: `make ${'very '.repeat(30)}clean` } };
    const name = '漢字 words '.repeat(10);
    const id = await atWork(store, { name, asks });
    for (const nth of upTo(3)) {
      const input = { command: `make ${nth}` };
      const request = { requestId: newSessionId().slice('claude_'.length), turnId: null };
      const asked = { ...request, toolName: 'Bash', input, expiresAt: NOW * 2 };
      await store.append(id, { type: 'request_permission', request: asked });
    }
    const failed = { state: 'failed' } as const;
    const alice = await atWork(store, { name, principal: 'alice-of-the-team', outcome: failed });
    await store.append(alice, { type: 'link_task', taskId: 'SHOP-1042-and-more' });
    const { output } = await world.run(['list'], { columns, now: NOW });
    for (const line of lines(output)) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(output).toMatch(/^ID +STATUS .*NAME$/m);
    expect(output.match(/Bash make/g)).toHaveLength(3);
    expect(output).toContain(`claude-sessions-mcp allow ${id.slice(7, 15)}`);
    expect(output).toContain(`claude-sessions-mcp show ${id.slice(7, 15)}`);
  },
);
