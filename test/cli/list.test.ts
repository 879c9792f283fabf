import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { widthOf } from '../../src/views/screen.ts';
import { createIn, newSessionId } from '../store/fixtures.ts';
import { cells, lines, World } from './world.ts';

const MINUTE = 60_000;

/** The first event of a session that has a name. */
function named(name: string, principal: string, workingDirectory = '/work') {
  const labels = {};
  const options = { workingDirectory };
  return [
    { type: 'session_created', principal, mcpSessionId: null, options, labels, name },
  ] as const;
}

describe('list', () => {
  test('shows the open sessions of all principals, newest first; filters let further ones through', async () => {
    const world = new World();
    let now = 1_000_000;
    const store = await world.store(() => now);
    const ended = await createIn(store, { principal: 'alice', labels: { team: 'y' } });
    await store.append(ended, { type: 'end', reason: 'over' });
    now += 1;
    const first = await createIn(store, { principal: 'alice', labels: { team: 'x=1' } });
    now += 1;
    const second = await createIn(store, { principal: 'bob', labels: { team: 'y' }, taskId: 'T' });
    now += 1;
    const third = await createIn(store, { principal: 'alice' });
    const ids = async (...flags: string[]) =>
      cells((await world.run(['list', ...flags])).output).map(([id]) => id);
    expect(await ids()).toEqual([third, second, first]);
    expect(await ids('--all')).toEqual([third, second, first, ended]);
    expect(await ids('--limit', '2')).toEqual([third, second]);
    expect(await ids('--status', 'terminated')).toEqual([ended]);
    expect(await ids('--task', 'T')).toEqual([second]);
    expect(await ids('--label', 'team=y', '--all')).toEqual([second, ended]);
    expect(await ids('--label', 'team=x=1')).toEqual([first]);
    const { sessions } = await world.json(['list', '--task', 'T']);
    expect(sessions).toMatchObject([
      { id: second, principal: 'bob', taskId: 'T', status: 'ready' },
    ]);
  });

  test('is a table of 80 columns at a terminal, and all of it between tabs behind a pipe', async () => {
    const world = new World();
    const store = await world.store(() => 1_000_000);
    const [long, id] = ['claude_aaaaaaaa-1', 'claude_bbbbbbbb-2'];
    const name = 'grün \u001b[31m漢字\u202e 🎉 and a great many further words';
    await store.create(id, named(name, 'a-principal-with-a-long-name', '/work/a/b'));
    await store.create(long, named('x'.repeat(200), 'local'));
    await store.append(id, { type: 'link_task', taskId: 'TASK-WITH-A-LONG-NAME' });
    const options = { columns: 80, now: 1_000_000 + 3 * MINUTE };
    const { output } = await world.run(['list'], options);
    const [titles, ...rows] = lines(output);
    expect(titles?.split(/ +/)).toEqual(
      'ID STATUS ACTIVE TURNS COST PRINCIPAL TASK NAME'.split(' '),
    );
    expect(rows).toHaveLength(2);
    for (const line of lines(output)) expect(widthOf(line)).toBeLessThanOrEqual(80);
    expect(Math.max(...lines(output).map(widthOf))).toBe(80);
    expect(output).toContain('3m ago');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
    expect(output).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);

    const piped = cells((await world.run(['list'], { now: options.now })).output);
    const row = piped.find(([first]) => first === id);
    expect(row).toHaveLength(10);
    expect(row?.slice(5, 7)).toEqual(['a-principal-with-a-long-name', 'TASK-WITH-A-LONG-NAME']);
    expect(row?.slice(-2)).toEqual(['/work/a/b', '']);
  });

  test('shows no column that nothing is in, and has room for the directory then', async () => {
    const world = new World();
    const store = await world.store();
    await store.create(newSessionId(), named('one', 'local'));
    const { output } = await world.run(['list'], { columns: 80 });
    expect(lines(output)[0]?.split(/ +/)).toEqual(
      'ID STATUS ACTIVE TURNS COST NAME DIRECTORY'.split(' '),
    );
  });

  test('gives ids that tell the sessions apart, and that commands take', async () => {
    const world = new World();
    const store = await world.store();
    const ids = [await createIn(store), await createIn(store)];
    const [, ...rows] = lines((await world.run(['list'], { columns: 80 })).output);
    const short = rows.map((row) => row.split(' ')[0] ?? '');
    expect(new Set(short).size).toBe(2);
    const found = await Promise.all(short.map((id) => world.json(['show', id])));
    expect(found.map(({ session }) => session.id).sort()).toEqual(ids.sort());
  });

  test('marks a running turn that has said nothing for a minute', async () => {
    const world = new World();
    const store = await world.store(() => 1_000_000);
    const id = await createIn(store, { prompts: ['p'] });
    await store.append(id, { type: 'start_turn', turnId: 'p', origin: 'prompt' });
    const at = (now: number) => world.run(['list'], { columns: 80, now });
    expect((await at(1_000_000 + MINUTE - 1)).output).not.toContain('silent');
    expect((await at(1_000_000 + MINUTE)).output).toContain('busy, silent');
    const { sessions } = await world.json(['list'], { now: 1_000_000 + MINUTE });
    expect(sessions[0].silentSince).toBe(new Date(1_000_000).toISOString());
    const shown = await world.run(['show', id], { columns: 80, now: 1_000_000 + 5 * MINUTE });
    expect(shown.output).toMatch(/^silent +since .*\(5m ago\)$/m);
  });

  test('colours what needs a person, where colours are wanted', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store, { prompts: ['p'] });
    await store.append(id, { type: 'start_turn', turnId: 'p', origin: 'prompt' });
    const request = { requestId: 'r', sessionId: id, turnId: 'p', toolName: 'Bash', input: {} };
    await store.append(id, { type: 'request_permission', request: { ...request, expiresAt: 1 } });
    const plain = await world.run(['list'], { columns: 80 });
    expect(plain.output).toContain('busy, asks');
    expect(plain.output).not.toContain('\u001b');
    const coloured = await world.run(['list'], { columns: 80, colours: true });
    expect(coloured.output).toContain('\u001b[33mbusy, asks\u001b[39m');
    expect(cells((await world.run(['list'])).output)[0]?.[1]).toBe('busy, asks');
  });

  test('says kindly that there is nothing', async () => {
    const world = new World();
    expect(await world.run(['list'])).toEqual({
      code: 0,
      output: '',
      notes: [expect.stringMatching(/no server has run on .*state yet: there are no sessions/)],
    });
    expect(await world.json(['list'])).toEqual({ sessions: [] });
    expect(existsSync(world.stateDir)).toBe(false);
    const store = await world.store();
    await store.append(await createIn(store), { type: 'end', reason: 'over' });
    const { notes } = await world.run(['list'], { columns: 80 });
    expect(notes).toEqual([expect.stringContaining('--all')]);
    expect((await world.run(['list', '--task', 'none'])).notes).toEqual(['No matching sessions.']);
  });
});

test('commands that read leave the database as it is', async () => {
  const world = new World();
  const store = await world.store();
  const id = await createIn(store, { prompts: ['p'] });
  await store.close();
  const file = join(world.stateDir, 'sessions.db');
  const digest = () => createHash('sha256').update(readFileSync(file)).digest('hex');
  const before = digest();
  for (const words of [
    ['list'],
    ['show', id],
    ['metrics'],
    ['tail', id, '--no-follow'],
    ['doctor'],
  ]) {
    await world.run(words);
  }
  expect(digest()).toBe(before);
  // A journal with something in it would be a write, too.
  expect(existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`).length : 0).toBe(0);
});
