import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { Sql } from '../../src/store/sqlite/sql.ts';
import { openSteadyClock } from '../../src/store/sqlite/steady-clock.ts';

const START = 1_700_000_000_000;
const YEAR = 31_536_000_000;

let sql: Sql;
let wall: number;
let up: number;

beforeEach(() => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  sql = new Sql(db);
  [wall, up] = [START, 60_000.4];
});

const open = (bootId = 'one') => openSteadyClock(sql, () => wall, { bootId, elapsedMs: () => up });

test('it begins with the wall clock and goes on in whole milliseconds, whatever that is set to', () => {
  const clock = open();
  expect(clock()).toBe(START);
  wall -= YEAR;
  up += 1_000.7;
  expect(clock()).toBe(START + 1_001);
});

test.each([-YEAR, YEAR])('a restart in the same boot goes on, with the clock set by %i', (jump) => {
  open();
  wall += jump;
  up += 5_000;
  expect(open()()).toBe(START + 5_000);
  up += 5_000;
  expect(open()()).toBe(START + 10_000);
});

test('after a boot the wall clock tells how much time has passed', () => {
  open();
  wall += YEAR;
  up = 1_000;
  expect(open('two')()).toBe(START + YEAR);
});

test.each(['two', ''])(
  'after a boot with the clock set back it does not go back (boot %j)',
  (boot) => {
    open();
    wall -= YEAR;
    up = 1_000;
    expect(open(boot)()).toBe(START);
  },
);

/** Something happens in a session: the steady clock and the wall clock each have a time for it. */
function act(activeAt: number, wallMs: number, id = 'x'): void {
  sql.exec(`INSERT INTO sessions (id, principal, status, created_at, last_activity, last_seq, served_at, record, active_at)
    VALUES ('${id}', 'p', 'ready', 1, ${wallMs}, 1, 1, '{}', ${activeAt})`);
}

test('a wall clock that was wrong until it was set right, before the boot, does not make sessions old', () => {
  const clock = open();
  wall += YEAR;
  up += 5_000;
  act(clock(), wall);
  wall += 60_000;
  up = 1_000;
  expect(open('two')()).toBe(START + 5_000 + 60_000);
});

test('it is no earlier than what it has shown before the boot', () => {
  const clock = open();
  up += YEAR;
  act(clock(), wall + YEAR);
  wall -= YEAR;
  up = 1_000;
  expect(open('two')()).toBe(START + YEAR);
});

test('a machine that counts from anew under the same boot id, as containers do, is taken for a new boot', () => {
  open();
  wall += 10_000;
  up = 0;
  expect(open()()).toBe(START + 10_000);
});
