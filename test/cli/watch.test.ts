import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { openFullScreen, type ScreenProcess } from '../../src/cli/full-screen.ts';
import { widthOf } from '../../src/views/screen.ts';
import { say } from '../store/fixtures.ts';
import { atWork, GONE } from './fleet.ts';
import { cells, lines, World } from './world.ts';

const SCREEN = { columns: 80, rows: 12 };
const BELL = '\u0007';

/** What a screen shows after what was written to it: the lines of the last frame. */
function shownBy(written: string): string[] {
  const frame = written.split('\u001b[H').at(-1) ?? '';
  const [shown = ''] = frame.split('\u001b[J');
  return shown.split('\u001b[K').map((line) => line.replace('\n', ''));
}

/** Watches until the returned function is called. */
function watching(world: World, words: readonly string[], options: object = SCREEN) {
  const leaving = new AbortController();
  let heard = '';
  let changed: () => void = () => {};
  const over = world.run(words, {
    ...options,
    left: leaving.signal,
    heard: (text) => {
      heard += text;
      changed();
    },
  });
  const until = async (has: (written: string) => boolean): Promise<string> => {
    while (!has(heard)) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
    return heard;
  };
  return { over, until, leave: () => leaving.abort() };
}

test.each([['watch'], ['list --watch']])(
  '%s redraws the screen as sessions change, until the person leaves',
  async (words) => {
    const world = new World();
    const store = await world.store();
    const busy = await atWork(store, { name: 'at work' });
    const failed = await atWork(store, { name: 'one that failed', outcome: { state: 'failed' } });
    const { over, until, leave } = watching(world, words.split(' '));
    const first = shownBy(await until((written) => written.includes('at work')));
    expect(first[0]).toMatch(/^\d\d:\d\d:\d\d {2}q ends {2}2 sessions, 1 busy, 1 failed$/);
    expect(first.slice(3).map((line) => line.split(/ {2,}/)[0])).toEqual(
      [failed, busy].map((id) => id.slice('claude_'.length, 'claude_'.length + 8)).concat(''),
    );
    const asks = { tool: 'Bash', input: { command: `make ${'x'.repeat(200)}` } };
    const asking = await atWork(store, { name: 'asks a lot', asks });
    const written = await until((text) => text.includes(BELL));
    const shown = shownBy(written);
    expect(shown[0]).toMatch(/ {2}3 sessions, 1 ask, 1 busy, 1 failed$/);
    expect(shown[3]).toMatch(/^\w{8} {2}busy, asks .*asks a lot/);
    expect(shown[4]).toContain(`claude-sessions-mcp allow ${asking.slice(7, 15)} (or deny)`);
    for (const line of shown) expect(widthOf(line)).toBeLessThanOrEqual(80);
    expect(shown.length).toBeLessThanOrEqual(SCREEN.rows);
    leave();
    const { code, output } = await over;
    expect(code).toBe(0);
    // What asked before, and what only goes on, rings nothing.
    expect(output.split(BELL)).toHaveLength(2);
  },
);

test('watch says how much does not fit, and rings no bell if it is to be quiet', async () => {
  const world = new World();
  const store = await world.store();
  for (let n = 0; n < 20; n += 1) await atWork(store, { name: `session ${n}` });
  const { over, until, leave } = watching(world, ['watch', '--quiet']);
  const shown = shownBy(await until((written) => written.includes('more lines')));
  expect(shown).toHaveLength(SCREEN.rows + 1);
  expect(shown.at(-2)).toBe('… 12 more lines: make the window higher');
  await atWork(store, { name: 'asks', asks: { tool: 'Bash', input: {} } });
  await until((written) => written.includes('busy, asks'));
  leave();
  expect((await over).output).not.toContain(BELL);
});

test('behind a pipe, watch writes a line for each session that has changed', async () => {
  const world = new World();
  const store = await world.store();
  const one = await atWork(store, { name: 'one' });
  const two = await atWork(store, { name: 'two', owner: GONE });
  const { over, until } = watching(world, ['watch'], {});
  await until((written) => lines(written).length === 2);
  await say(store, one, 'what is said changes no row');
  const outcome = { state: 'failed' } as const;
  await store.append(one, { type: 'end_turn', turnId: `turn-of-${one}`, outcome });
  await until((written) => written.includes('ready, failed'));
  await store.append(two, { type: 'end', reason: 'over' });
  await until((written) => written.includes('terminated'));
  world.leave();
  await atWork(store, {});
  const rows = cells((await over).output).map(([, id, status]) => [id, status]);
  expect(rows).toEqual([
    [two, 'busy, no server'],
    [one, 'busy'],
    [one, 'ready, failed'],
    [two, 'terminated'],
  ]);
});

test('with --json, each change is a line of JSON', async () => {
  const world = new World();
  const store = await world.store();
  const id = await atWork(store, { name: 'one' });
  const { over, until } = watching(world, ['watch', '--json']);
  await until((written) => lines(written).length === 1);
  await store.append(id, { type: 'link_task', taskId: 'T' });
  await until((written) => lines(written).length === 2);
  world.leave();
  await atWork(store, {});
  const changes = lines((await over).output).map((line) => JSON.parse(line));
  expect(changes).toMatchObject([
    { at: expect.any(String), session: { id, statusText: 'busy', taskIds: [] } },
    { session: { id, taskIds: ['T'] } },
  ]);
});

test.each(['q', '\u0003', 'SIGTERM', 'exit'])('the screen comes back after %j', (how) => {
  const written: string[] = [];
  const modes: boolean[] = [];
  const stdin = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (mode: boolean) => modes.push(mode),
    pause: () => {},
    resume: () => {},
  });
  const stdout = Object.assign(new EventEmitter(), { write: (text: string) => written.push(text) });
  const ours = Object.assign(new EventEmitter(), { stdin, stdout });
  const screen = openFullScreen(ours as unknown as ScreenProcess);
  let resizes = 0;
  screen.onResize(() => {
    resizes += 1;
  });
  stdout.emit('resize');
  stdin.emit('data', Buffer.from('x'));
  expect([resizes, screen.left.aborted]).toEqual([1, false]);
  if (how.length === 1) stdin.emit('data', Buffer.from(how));
  else ours.emit(how);
  if (how !== 'exit') {
    expect(screen.left.aborted).toBe(true);
    screen.close();
  }
  expect(written.join('')).toBe('\u001b[?1049h\u001b[?25l\u001b[?25h\u001b[?1049l');
  expect(modes).toEqual([true, false]);
  const left = [ours, stdin, stdout].flatMap((emitter) => emitter.eventNames());
  expect(left).toEqual([]);
});
