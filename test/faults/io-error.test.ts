import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect, vi } from 'vitest';
import { type Place, Server } from '../support/client/place.ts';
import { lacksStrace } from '../support/needs.ts';
import { makePlace } from '../support/program.ts';
import { Ledger, startServed } from './ledger.ts';
import { injectFault, integrityOf } from './world.ts';

vi.setConfig({ testTimeout: 180_000 });
const test = base.skipIf(lacksStrace);

const JOURNAL = 'sessions.db-wal';
const DATABASE = 'sessions.db';
const UNKNOWN = {
  code: 'UNAVAILABLE',
  message: 'the disk did not confirm a write: it is not known whether this call took effect',
  retryable: false,
};
const NOT_YET = {
  code: 'UNAVAILABLE',
  message: expect.stringContaining('the disk of the state directory has failed'),
  retryable: true,
};
const POLL = { timeout: 20_000 };

/** Every write and every sync of a commit is one point where a disk may fail. */
const POINTS = Array.from({ length: 12 }, (_, index) => index + 1);

const NO_SYNC = 'fsync,fdatasync:error=EIO';

/** A server that serves, with this fault in its journal. */
async function startFaulty(fault: string) {
  const { place, server, ledger } = await startServed();
  const journal = join(place.stateDirectory, JOURNAL);
  const mend = await injectFault(server.program.pid, fault, journal);
  return { place, server, ledger, journal, mend };
}

/** Kills the server, and holds what it acknowledged against what the next one knows. */
async function checkAfterKill(server: Server, place: Place, ledger: Ledger): Promise<void> {
  await server.program.stop('SIGKILL');
  const next = await new Server(place).initialize();
  await ledger.check(next);
  expect(await ledger.create(next)).toBeUndefined();
  await next.program.leave();
  expect(integrityOf(join(place.stateDirectory, DATABASE))).toBe('ok');
}

test.each(['EIO', 'EROFS'])(
  'whichever journal write fails with %s, the call is refused and the next one succeeds',
  async (errno) => {
    const place = await makePlace();
    const server = await new Server(place).initialize();
    const ledger = new Ledger();
    const journal = join(place.stateDirectory, JOURNAL);
    for (const point of POINTS) {
      const fault = `pwrite64:error=${errno}:when=${point}`;
      const mend = await injectFault(server.program.pid, fault, journal);
      expect(await ledger.create(server)).toMatchObject({
        code: 'UNAVAILABLE',
        message: 'the state database had an I/O error',
        hint: expect.stringContaining('check the disk of the state directory'),
      });
      expect(await ledger.create(server)).toBeUndefined();
      await mend();
      expect(await ledger.create(server)).toBeUndefined();
    }
    await ledger.check(server);
    await checkAfterKill(server, place, ledger);
  },
);

test('after a failed sync of the journal its call hears that nobody knows, and the server goes on without a restart', async () => {
  const { place, server, ledger, mend } = await startFaulty(`${NO_SYNC}:when=1`);
  const other = await new Server(place).initialize();
  expect(await ledger.create(server)).toMatchObject(UNKNOWN);
  await expect.poll(() => ledger.create(server), POLL).toBeUndefined();
  await mend();
  expect(await ledger.link(server, 'T-late')).toEqual([]);
  expect(await ledger.create(other)).toBeUndefined();
  await ledger.check(server);
  await ledger.check(other);
  await other.program.stop('SIGKILL');
  await checkAfterKill(server, place, ledger);
});

test('while no sync of the journal succeeds nothing is acknowledged and reads go on; then the server goes on by itself', async () => {
  const { place, server, ledger, mend } = await startFaulty(NO_SYNC);
  expect(await ledger.create(server)).toMatchObject(UNKNOWN);
  for (let calls = 0; calls < 5; calls++) {
    expect(await ledger.create(server)).toMatchObject(NOT_YET);
  }
  expect(await ledger.link(server, 'T-late')).toMatchObject([NOT_YET]);
  await ledger.check(server);
  await mend();
  await expect
    .poll(() => server.program.stderr(), POLL)
    .toContain('the state database is in use again');
  expect(await ledger.create(server)).toBeUndefined();
  await ledger.check(server);
  await checkAfterKill(server, place, ledger);
});

test('a server that is stopped while no sync succeeds ends, and loses nothing that it acknowledged', async () => {
  const { place, server, ledger } = await startFaulty(NO_SYNC);
  expect(await ledger.create(server)).toMatchObject(UNKNOWN);
  expect(await ledger.create(server)).toMatchObject(NOT_YET);
  expect(await server.program.leave()).toMatchObject({ code: 0 });
  const next = await new Server(place).initialize();
  await ledger.check(next, 'whole');
  expect(await ledger.create(next)).toBeUndefined();
});

test('a server killed after a failed sync: its successor makes the journal durable before it carries it over', async () => {
  const { place, server, ledger, journal } = await startFaulty(NO_SYNC);
  expect(await ledger.create(server)).toMatchObject(UNKNOWN);
  await server.program.stop('SIGKILL');
  const left = readFileSync(journal);
  expect(left.length).toBeGreaterThan(0);
  const trace = join(place.scratch, 'trace');
  const within = ['strace', '-D', '-f', '-y', '-e', 'trace=pwrite64,fsync', '-o', trace];
  const next = await new Server(place, { within }).initialize();
  await ledger.check(next, 'whole');
  expect(await ledger.create(next)).toBeUndefined();
  await next.program.leave();
  const [written, synced, carried] = journalSteps(readFileSync(trace, 'utf8'), left.length);
  expect(written).toBeGreaterThanOrEqual(0);
  expect(synced).toBeGreaterThan(written ?? 0);
  expect(carried).toBeGreaterThan(synced ?? 0);
});

/** The lines at which all of the journal has been written, at which it was synced, and of the first write to the database. */
function journalSteps(trace: string, bytes: number): readonly (number | undefined)[] {
  const lines = trace.split('\n');
  let end = 0;
  const written = lines.findIndex((line) => {
    const [, size, at] = /pwrite64\(\d+<[^>]*-wal>,.*, (\d+), (\d+)\)/.exec(line) ?? [];
    if (Number(at) === end) end += Number(size);
    return end >= bytes;
  });
  const synced = lines.findIndex(
    (line, index) => index > written && /fsync\(\d+<[^>]*-wal>\)\s+= 0/.test(line),
  );
  const carried = lines.findIndex((line) => /pwrite64\(\d+<[^>]*sessions\.db>/.test(line));
  return [written, synced, carried];
}

test('a database file that cannot be synced loses nothing: the journal keeps what it should hold', async () => {
  const place = await makePlace();
  const server = await new Server(place).initialize();
  const ledger = new Ledger();
  const database = join(place.stateDirectory, DATABASE);
  const mend = await injectFault(server.program.pid, NO_SYNC, database);
  const prompt = 'x'.repeat(200_000);
  // Past 4 MB of journal SQLite carries it over to the database, in vain now.
  for (let made = 0; made < 40; made++) expect(await ledger.create(server, prompt)).toBeUndefined();
  await mend();
  await ledger.check(server);
  await checkAfterKill(server, place, ledger);
});

test('while nothing can be read, calls are refused; after that they are served', async () => {
  const { place, server, ledger, mend } = await startFaulty('pread64:error=EIO');
  const other = await new Server(place).initialize();
  // What another server has written is not in this one's memory.
  expect(await ledger.create(other)).toBeUndefined();
  for (const tool of ['list_sessions', 'create_session'] as const) {
    expect((await server.ask(tool)).failure).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('its disk cannot be read'),
      hint: expect.stringMatching(/^check the disk of the state directory;/),
      retryable: true,
    });
  }
  await mend();
  await ledger.check(server);
  expect(await ledger.create(server)).toBeUndefined();
  await server.program.stop('SIGKILL');
  await ledger.check(other);
});
