import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Ledger } from '../faults/ledger.ts';
import { integrityOf } from '../faults/world.ts';
import { type Place, Server } from '../support/client/place.ts';
import { makePlace } from '../support/program.ts';

const OPTIONS = { timeout: 180_000 };

/** Runs the command; what it said and its exit code. */
async function backUp(place: Place, ...words: string[]) {
  const { code, stdout, stderr } = await place.start({ args: ['backup', ...words] }).ended;
  return { code, stdout, stderr };
}

/** Another place with a state directory made of a copy. */
async function restored(file: string): Promise<Place> {
  const place = await makePlace();
  mkdirSync(place.stateDirectory, { mode: 0o700 });
  copyFileSync(file, join(place.stateDirectory, 'sessions.db'));
  return place;
}

const SUMS = `
  SELECT totalSessions, endedSessions, (SELECT count(*) FROM sessions) AS sessions,
    (SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL) AS ended,
    (SELECT count(*) FROM events) AS events, (SELECT sum(last_seq) FROM sessions) AS seqs
  FROM metrics WHERE scope = 'principal'`;

function checkCopy(file: string): number {
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  expect(integrityOf(file)).toBe('ok');
  const db = new DatabaseSync(file, { readOnly: true });
  const sums = db.prepare(SUMS).get() ?? {};
  db.close();
  expect(sums).toMatchObject({ totalSessions: sums.sessions, endedSessions: sums.ended });
  expect(sums.events).toBe(sums.seqs);
  return Number(sums.sessions);
}

test(
  'backups taken under load are whole, hold what was acknowledged, and serve as state directories',
  OPTIONS,
  async () => {
    const place = await makePlace();
    const server = await new Server(place).initialize();
    const before = new Ledger();
    await Promise.all(Array.from({ length: 50 }, () => before.create(server)));
    let isOver = false;
    let written = 0;
    const load = [1, 2, 3, 4].map(async () => {
      while (!isOver) {
        const { session } = await server.call('create_session', { taskId: 'T-load' });
        await server.call('link_task', { sessionId: session.id, taskId: 'T-more' });
        await server.call('end_session', { sessionId: session.id });
        written += 3;
      }
    });
    const sizes: number[] = [];
    for (const name of ['1', '2', '3', '4', '5']) {
      const file = join(place.scratch, name);
      const enough = written + 50;
      expect(await backUp(place, file)).toEqual({ code: 0, stdout: `${file}\n`, stderr: '' });
      sizes.push(checkCopy(file));
      while (written < enough) await server.call('get_metrics');
    }
    isOver = true;
    await Promise.all(load);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBe(5);

    for (const name of ['1', '5']) {
      const copy = await new Server(await restored(join(place.scratch, name))).initialize();
      const { totalSessions } = await copy.call('get_metrics');
      expect(totalSessions).toBe(sizes[Number(name) - 1]);
      await before.check(copy);
      expect(await new Ledger().create(copy)).toBeUndefined();
      await copy.program.leave();
    }
  },
);

test(
  'a backup knows nothing of what runs: a server on it leaves the processes of the original alone',
  OPTIONS,
  async () => {
    const place = await makePlace();
    const server = await new Server(place).initialize();
    const { session } = await server.call('create_session', { prompt: 'runs' });
    const { id: sessionId } = session;
    await expect
      .poll(async () => (await server.call('get_session', { sessionId })).session.turns.running)
      .toBe(1);
    const file = join(place.scratch, 'copy');
    expect(await backUp(place, file)).toMatchObject({ code: 0 });

    const copy = await new Server(await restored(file)).initialize();
    expect((await copy.call('end_session', { sessionId })).ended).toBe(true);
    expect((await server.call('get_session', { sessionId })).session).toMatchObject({
      status: 'busy',
      turns: { running: 1 },
    });
  },
);

test('a backup never replaces a file, and leaves none behind where it fails', OPTIONS, async () => {
  const place = await makePlace();
  const file = join(place.scratch, 'copy');
  expect(await backUp(place, file)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no .*sessions\.db; /),
  });
  await (await new Server(place).initialize()).program.leave();
  expect(await backUp(place)).toMatchObject({ code: 2, stderr: expect.stringContaining('FILE') });
  expect(await backUp(place, file, 'more')).toMatchObject({ code: 2 });
  const nowhere = join(place.scratch, 'none', 'copy');
  expect(await backUp(place, nowhere)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/cannot be made; /),
  });

  const database = join(place.stateDirectory, 'sessions.db');
  const whole = readFileSync(database);
  writeFileSync(database, Buffer.from(whole).fill(0xa5, 8_192));
  expect(await backUp(place, file)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/malformed; check/),
  });
  expect(existsSync(file)).toBe(false);
  writeFileSync(database, whole);

  writeFileSync(file, 'precious');
  expect(await backUp(place, file)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/exists already; /),
  });
  expect(readFileSync(file, 'utf8')).toBe('precious');
  expect(readdirSync(place.scratch).filter((name) => name.startsWith('copy'))).toEqual(['copy']);
});
