import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../src/session/event.ts';
import { widthOf } from '../../src/views/screen.ts';
import { createIn, say, upTo } from '../store/fixtures.ts';
import { following } from './following.ts';
import { cells, lines, World } from './world.ts';

describe('tail without an id', () => {
  test('follows all sessions, those made meanwhile too, in the order of time', async () => {
    const world = new World();
    let now = 1_000_000;
    const store = await world.store(() => now);
    const ended = await createIn(store);
    await store.append(ended, { type: 'end', reason: 'long ago' });
    const a = await createIn(store);
    now += 1;
    const b = await createIn(store);
    for (const n of upTo(15)) {
      now += 1000;
      await say(store, n % 2 === 0 ? a : b, `word ${n}`);
    }
    const { over, until } = following(world, []);
    await until('word 15');
    await say(store, a, 'later words');
    await until('later words');
    const c = await createIn(store);
    await say(store, c, 'words of a new one');
    await until('words of a new one');
    await store.append(b, { type: 'end', reason: 'enough' });
    await until('enough');
    world.leave();
    await say(store, a, 'nobody reads this');
    const rows = cells((await over).output);
    expect(rows.map(([, id, , word, text]) => [id, word, text])).toEqual([
      [a, 'created', 'in /work'],
      [b, 'created', 'in /work'],
      ...upTo(15).map((n) => [n % 2 === 0 ? a : b, 'claude', `word ${n}`]),
      [a, 'claude', 'later words'],
      [c, 'created', 'in /work'],
      [c, 'claude', 'words of a new one'],
      [b, 'ended', 'enough'],
    ]);
  });

  test('begins with the newest events, and says in each line whose they are', async () => {
    const world = new World();
    let now = 1_000_000;
    const store = await world.store(() => now);
    const [a, b] = [await createIn(store), await createIn(store)];
    for (const n of upTo(30)) {
      now += 1;
      await say(store, n % 2 === 0 ? a : b, `word ${n}`);
    }
    const json = lines((await world.run(['tail', '--no-follow', '--json'])).output);
    const events = json.map((line) => JSON.parse(line));
    expect(events).toHaveLength(20);
    expect(events.at(-1)).toMatchObject({ sessionId: a, type: 'text', text: 'word 30' });
    for (const columns of [80, 140]) {
      const { output } = await world.run(['tail', '--no-follow'], { columns });
      const [, ...shown] = lines(output);
      expect(shown).toHaveLength(20);
      for (const line of shown) {
        expect(line).toMatch(/^\d\d:\d\d:\d\d {2}00000000 +claude {5}word \d+$/);
      }
    }
  });

  test('orders what is said in one millisecond by session, and within a session by its log', async () => {
    const world = new World();
    let now = 1_000_000;
    const store = await world.store(() => now);
    const ids = [await createIn(store), await createIn(store)];
    const [a = '', b = ''] = ids.toSorted();
    for (const n of upTo(3)) for (const id of [b, a]) await say(store, id, `word ${n}`);
    now += 1;
    await say(store, b, 'later');
    const rows = cells((await world.run(['tail', '--no-follow'])).output);
    expect(rows.map(([, id, , , text]) => [id, text])).toEqual([
      ...[a, b].flatMap((id) => ['in /work', 'word 1', 'word 2', 'word 3'].map((it) => [id, it])),
      [b, 'later'],
    ]);
  });

  test('reads all that a session says at once', async () => {
    const world = new World();
    const store = await world.store();
    const [a, b] = [await createIn(store), await createIn(store)];
    const { over, until } = following(world, ['--json']);
    await until('session_created');
    const texts = upTo(350).map((n) => ({ type: 'text', text: `word ${n}` }) as const);
    await Promise.all([
      store.append(a, { type: 'record', said: texts }),
      store.append(b, { type: 'record', said: texts }),
    ]);
    await until('word 350');
    await say(store, b, 'the last');
    await until('the last');
    world.leave();
    await say(store, a, 'nobody reads this');
    const events = lines((await over).output).map((line) => JSON.parse(line));
    for (const id of [a, b]) {
      const own = events.filter(({ sessionId }) => sessionId === id);
      expect(own.map(({ seq }) => seq)).toEqual(upTo(id === a ? 351 : 352));
    }
  });

  test('takes no --after', async () => {
    await expect(new World().run(['tail', '--after', '1'])).rejects.toThrow('--after: ');
  });
});

describe('tail', () => {
  test('follows what another server writes, and stops when the session has ended', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store);
    const { over, until } = following(world, [id]);
    await until('created');
    await say(store, id, 'first words');
    await until('first words');
    await say(store, id, 'more words');
    await until('more words');
    await store.append(id, { type: 'end', reason: 'enough' });
    const { code, output } = await over;
    expect(code).toBe(0);
    expect(cells(output).map(([, kind, text]) => [kind, text])).toEqual([
      ['created', 'in /work'],
      ['claude', 'first words'],
      ['claude', 'more words'],
      ['ended', 'enough'],
    ]);
  });

  test('prints one event a line as JSON, all of it from a seq on', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store);
    const large = 'large '.repeat(20_000);
    for (const n of upTo(30)) await say(store, id, n === 7 ? large : `word ${n}`);
    await store.append(id, { type: 'end', reason: 'over' });
    const events = async (...flags: string[]) =>
      lines((await world.run(['tail', id, '--json', ...flags])).output).map((line) =>
        JSON.parse(line),
      );
    const all = await events('--after', '0');
    expect(all.map(({ seq }) => seq)).toEqual(upTo(32));
    expect(all[7]).toMatchObject({ type: 'text', text: large });
    expect((await events('--after', '31')).map(({ type }) => type)).toEqual(['session_ended']);
    expect((await events()).map(({ seq }) => seq)).toEqual(upTo(32).slice(-20));
  });

  test('without following shows what is there', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store);
    await say(store, id, 'hello');
    expect(cells((await world.run(['tail', id, '--no-follow'])).output)).toHaveLength(2);
  });

  test('tells at a terminal how to see what came before', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store);
    for (const n of upTo(24)) await say(store, id, `word ${n}`);
    const { notes } = await world.run(['tail', id, '--no-follow'], { columns: 80 });
    expect(notes).toEqual([expect.stringMatching(/newest 20 .*--after 0 to see the 5 before/)]);
  });

  test('shows every kind of event in lines that fit, with nothing in them that acts', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store, { taskId: 'T' });
    const evil = `\u001b]0;x\u0007${'漢字 words '.repeat(40)}`;
    const turn = {
      id: 't',
      sessionId: id,
      origin: 'autonomous',
      queuedAt: 1,
      startedAt: 1,
    } as const;
    const usage = { inputTokens: 100, outputTokens: 5, cacheReadTokens: 900, cacheWriteTokens: 0 };
    const failed = { code: 'UNAVAILABLE', message: 'no API', retryable: true } as const;
    const request = {
      requestId: 'r',
      sessionId: id,
      turnId: 't',
      toolName: 'Bash',
      input: { command: 'make\n'.repeat(9) },
      memory: { as: `Bash(${evil})`, rule: { kind: 'input', tool: 'Bash', digest: 'x' } },
      createdAt: 1,
      expiresAt: 2,
    } as const;
    const bodies: EventBody[] = [
      { type: 'prompt_queued', turnId: 'p', prompt: evil },
      { type: 'prompt_cancelled', turnId: 'p', prompt: evil },
      { type: 'turn_started', turnId: 't', turn: { ...turn, state: 'running' } },
      { type: 'text', turnId: 't', text: evil },
      { type: 'tool_use', turnId: 't', toolUseId: 'u', name: 'Read', input: { file_path: '/f' } },
      {
        type: 'tool_use',
        turnId: 't',
        toolUseId: 'v',
        name: 'Edit',
        input: { file_path: '/work/a/b' },
      },
      {
        type: 'tool_use',
        turnId: 't',
        toolUseId: 'w',
        name: 'AskUserQuestion',
        input: { questions: [{ question: 'Which way?', options: [{ label: 'left' }] }] },
      },
      { type: 'tool_result', turnId: 't', toolUseId: 'u', isError: false, text: '1\n2\n3\n4\n5' },
      { type: 'tool_result', turnId: 't', toolUseId: 'u', isError: true, text: evil },
      { type: 'permission_requested', turnId: 't', request: { ...request, state: 'pending' } },
      {
        type: 'permission_answered',
        turnId: 't',
        request: {
          ...request,
          state: 'denied',
          answeredBy: { principal: 'bob', via: 'form' },
          message: 'not now',
        },
      },
      {
        type: 'permission_answered',
        turnId: 't',
        request: { ...request, state: 'allowed', remembered: request.memory },
      },
      {
        type: 'permission_answered',
        turnId: 't',
        request: { ...request, state: 'allowed', notRemembered: 'too many' },
      },
      { type: 'notice', turnId: 't', text: 'a retry' },
      {
        type: 'turn_ended',
        turnId: 't',
        turn: {
          ...turn,
          state: 'failed',
          endedAt: 3_001,
          usage: { ...usage, costUsd: 0.25 },
          error: failed,
        },
      },
      { type: 'session_error', error: { ...failed, hint: 'try again' } },
      { type: 'task_unlinked', taskId: 'T' },
      { type: 'session_updated', changes: { permissionMode: 'plan' } },
      { type: 'session_updated', changes: { model: 'opus', allowedTools: ['Bash(x\u001b[2J)'] } },
      {
        type: 'permission_requested',
        request: {
          ...request,
          requestId: 'plan',
          toolName: 'ExitPlanMode',
          input: { plan: Array.from({ length: 40 }, (_, n) => `step ${n}`).join('\n') },
          state: 'pending',
        },
      },
    ];
    await store.append(id, { type: 'record', said: bodies });
    const { output } = await world.run(['tail', id, '--after', '0', '--no-follow'], {
      columns: 80,
      colours: true,
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours are taken off
    const plain = output.replace(/\u001b\[\d+m/g, '');
    expect(plain).not.toMatch(/(?!\n)\p{Cc}/u);
    for (const line of lines(plain)) expect(widthOf(line)).toBeLessThanOrEqual(80);
    const kinds = [...plain.matchAll(/^\d\d:\d\d:\d\d {2}(\w+)/gm)].map(([, kind]) => kind);
    expect(kinds).toEqual(
      'created task prompt cancelled turn claude tool tool tool result failed asks denied allowed allowed notice turn error task mode changed asks'.split(
        ' ',
      ),
    );
    expect(plain).toContain('Read /f');
    expect(plain).toContain('model: opus, allowedTools: ["Bash(');
    expect(plain).toContain('Edit a/b\n');
    expect(plain).toContain('AskUserQuestion Which way? (left)\n');
    expect(plain).toContain('… 2 more lines');
    expect(plain).toContain('Bash by bob with a form: not now\n');
    expect(plain.match(/for the session: Bash\(/g)).toHaveLength(3);
    expect(plain).toContain('once: too many');
    expect(plain).toContain('ExitPlanMode step 0');
    expect(plain).toContain('step 39');
    expect(plain).toContain('failed after 3.0 s; tokens 1,000 in, 5 out; $0.25');
    const piped = await world.run(['tail', id, '--after', '0', '--no-follow']);
    expect(cells(piped.output).map((row) => row.length)).toEqual(kinds.map(() => 3));
  });
});
