import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { type Place, Server } from '../support/client/place.ts';
import type { Start } from '../support/client/program.ts';
import { lacksMounts, lacksUsers } from '../support/needs.ts';
import { makePlace } from '../support/program.ts';
import { Ledger, startServed } from './ledger.ts';
import { mountDisk } from './world.ts';

vi.setConfig({ testTimeout: 180_000 });

const diskTest = test.skipIf(lacksMounts);
const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

const databaseOf = (place: Place): string => join(place.stateDirectory, 'sessions.db');

/** A state directory with sessions in it, and what its ledger says. */
async function makeState(place: Place, start: Start = {}): Promise<Ledger> {
  const server = await new Server(place, start).initialize();
  const ledger = new Ledger();
  const made = Array.from({ length: 40 }, () => ledger.create(server, 'x'.repeat(3_000)));
  await Promise.all(made);
  await server.program.leave();
  return ledger;
}

/** The one line of a start that must fail, which names the directory. */
async function refusal(place: Place, start: Start = {}): Promise<string> {
  const { program } = new Server(place, start);
  // Otherwise it would wait for the client that it could tell.
  program.child.stdin.end();
  const { code, stderr } = await program.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^claude-sessions-mcp: state directory [^\n]*; [^\n]*\n$/);
  expect(stderr).toContain(place.stateDirectory);
  return stderr;
}

async function expectServed(place: Place, ledger: Ledger, start: Start = {}): Promise<void> {
  const server = await new Server(place, start).initialize();
  await ledger.check(server);
  expect(await ledger.create(server)).toBeUndefined();
  await server.program.leave();
}

diskTest(
  'a read-only state directory is refused and left alone, and served once it can be written',
  async () => {
    const place = await makePlace();
    const disk = await mountDisk(place.stateDirectory, 'size=8m,mode=700');
    const start = { within: disk.within };
    const ledger = await makeState(place, start);
    const before = readFileSync(join(disk.seenFrom, 'sessions.db'));
    disk.remount('ro');
    expect(await refusal(place, start)).toMatch(/writ/);
    expect(readFileSync(join(disk.seenFrom, 'sessions.db')).equals(before)).toBe(true);
    disk.remount('rw');
    await expectServed(place, ledger, start);
  },
);

diskTest('a new state directory in a read-only place is refused', async () => {
  const place = await makePlace();
  const disk = await mountDisk(place.stateDirectory, 'size=1m,mode=700,ro');
  expect(await refusal(place, { within: disk.within })).toMatch(/--state-dir/);
});

test('a state directory of somebody else is refused and left alone, and served once it is ours', {
  skip: lacksUsers,
}, async () => {
  const place = await makePlace();
  const ledger = await makeState(place);
  const before = readFileSync(databaseOf(place));
  chmodSync(place.scratch, 0o755);
  const start = { within: AS_NOBODY };
  expect(await refusal(place, start)).toMatch(/--state-dir|writable/);
  // May look inside, but not write.
  chmodSync(place.stateDirectory, 0o755);
  chmodSync(databaseOf(place), 0o644);
  expect(await refusal(place, start)).toMatch(/writ/);
  expect(readFileSync(databaseOf(place)).equals(before)).toBe(true);
  for (const path of ['', 'sessions.db', 'tmp']) {
    chownSync(join(place.stateDirectory, path), NOBODY, NOBODY);
  }
  await expectServed(place, ledger, start);
});

const DAMAGES: readonly [string, (bytes: Buffer) => Buffer][] = [
  ['cut to half', (bytes) => bytes.subarray(0, bytes.length / 2)],
  ['cut in the middle of a page', (bytes) => bytes.subarray(0, 5_000)],
  ['cut to a part of its header', (bytes) => bytes.subarray(0, 60)],
  ['overwritten at its start', (bytes) => bytes.fill('?', 0, 100)],
  ['overwritten in a page', (bytes) => bytes.fill(0xa5, 40_960, 45_056)],
  ['overwritten with zeros from there on', (bytes) => bytes.fill(0, 40_960)],
];

test('a database that is damaged in whatever way is refused and left alone, and served once it is restored', async () => {
  const place = await makePlace();
  const ledger = await makeState(place);
  const whole = readFileSync(databaseOf(place));
  for (const [how, damage] of DAMAGES) {
    const damaged = damage(Buffer.from(whole));
    writeFileSync(databaseOf(place), damaged);
    expect(await refusal(place), how).toMatch(
      /(damaged|cannot be read|not an SQLite database); .*backup/,
    );
    expect(readFileSync(databaseOf(place)).equals(damaged), how).toBe(true);
  }
  writeFileSync(databaseOf(place), whole);
  await expectServed(place, ledger);
});

test('a database with a newer schema is refused and left alone, its journal too', async () => {
  const place = await makePlace();
  await makeState(place);
  const newer = new DatabaseSync(databaseOf(place));
  newer.exec('PRAGMA user_version = 1000');
  const copies = ['', '-wal'].map((end) => readFileSync(databaseOf(place) + end));
  newer.close();
  // As a newer server leaves it that was killed.
  ['', '-wal'].forEach((end, index) => {
    writeFileSync(databaseOf(place) + end, copies[index] ?? '');
  });
  rmSync(`${databaseOf(place)}-shm`, { force: true });
  expect(await refusal(place)).toMatch(/schema 1000.*; .*newer version/);
  ['', '-wal'].forEach((end, index) => {
    expect(readFileSync(databaseOf(place) + end).equals(copies[index] ?? Buffer.of())).toBe(true);
  });
});

test('a database that is damaged while it is served is named so, and the server stays', async () => {
  const place = await makePlace();
  await makeState(place);
  const server = await new Server(place).initialize();
  const { sessions } = await server.call('list_sessions', { limit: 1 });
  const damaged = readFileSync(databaseOf(place)).fill(0xa5, 8_192);
  writeFileSync(databaseOf(place), damaged);
  const failure = (await server.ask('list_sessions', { limit: 200 })).failure;
  expect(failure).toMatchObject({ code: 'UNAVAILABLE', hint: expect.stringContaining('backup') });
  expect(sessions).toHaveLength(1);
  expect((await server.ask('get_session', { sessionId: 'claude_none' })).failure).toBeDefined();
});

test('a database that was moved away or replaced gets no acknowledgement; put back, it does', async () => {
  const { place, server, ledger } = await startServed();
  const away = `${place.stateDirectory}.away`;
  renameSync(place.stateDirectory, away);
  const moved = { code: 'UNAVAILABLE', hint: expect.stringContaining('put it back') };
  expect(await ledger.create(server)).toMatchObject(moved);
  mkdirSync(place.stateDirectory);
  copyFileSync(join(away, 'sessions.db'), databaseOf(place));
  expect(await ledger.create(server)).toMatchObject(moved);
  rmSync(place.stateDirectory, { recursive: true });
  renameSync(away, place.stateDirectory);
  expect(await ledger.create(server)).toBeUndefined();
  await server.program.stop('SIGKILL');
  await expectServed(place, ledger);
});
