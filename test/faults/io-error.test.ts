import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePlace, type Place, Server } from '../durability/server.ts';
import { lacksStrace } from '../support/needs.ts';
import { Ledger, startServed } from './ledger.ts';
import { injectFault, integrityOf } from './world.ts';

const OPTIONS = { timeout: 180_000, skip: lacksStrace };
const JOURNAL = 'sessions.db-wal';
const DATABASE = 'sessions.db';
const STOPPED = {
  code: 'UNAVAILABLE',
  message:
    'the disk did not confirm a write: nothing more is written until the server is restarted',
  retryable: false,
};

/** Every write and every sync of a commit is one point where a disk may fail. */
const POINTS = Array.from({ length: 12 }, (_, index) => index + 1);

/** The header of a journal: another one, with other salts, each time it is begun anew. */
function headOf(journal: string): string {
  return readFileSync(journal).subarray(0, 32).toString('hex');
}

async function checkAfterRestart(place: Place, ledger: Ledger): Promise<void> {
  const next = await new Server(place).initialize();
  await ledger.check(next);
  expect(await ledger.create(next)).toBeUndefined();
  await next.stop();
  expect(integrityOf(join(place.stateDirectory, DATABASE))).toBe('ok');
}

test.each(['EIO', 'EROFS'])(
  'whichever journal write fails with %s, the call is refused and the next one succeeds',
  OPTIONS,
  async (errno) => {
    const place = makePlace();
    const server = await new Server(place).initialize();
    const ledger = new Ledger();
    const journal = join(place.stateDirectory, JOURNAL);
    for (const point of POINTS) {
      const fault = `pwrite64:error=${errno}:when=${point}`;
      const mend = await injectFault(server.pid, fault, journal);
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
    await server.kill();
    await checkAfterRestart(place, ledger);
  },
);

test(
  'after a failed sync of the journal nothing is acknowledged any more until the restart, and reads go on',
  OPTIONS,
  async () => {
    const { place, server, ledger } = await startServed();
    const journal = join(place.stateDirectory, JOURNAL);
    const mend = await injectFault(server.pid, 'fsync,fdatasync:error=EIO:when=1', journal);
    const refused = await Promise.all([ledger.create(server), ledger.create(server)]);
    for (const failure of refused) expect(failure).toMatchObject(STOPPED);
    await mend();
    // The disk is fine again, but what it holds is not known.
    expect(await ledger.create(server)).toMatchObject(STOPPED);
    expect(await ledger.link(server, 'T-late')).toMatchObject([STOPPED]);
    await ledger.check(server);
    expect(server.stderr).toContain('the store stopped writing');
    expect(await server.stop()).toMatchObject({ code: 0 });
    await checkAfterRestart(place, ledger);
  },
);

test(
  'a server killed after a failed sync: its successor first writes anew what the journal holds',
  OPTIONS,
  async () => {
    const { place, server, ledger } = await startServed();
    const journal = join(place.stateDirectory, JOURNAL);
    const mend = await injectFault(server.pid, 'fsync,fdatasync:error=EIO', journal);
    expect(await ledger.create(server)).toMatchObject(STOPPED);
    await mend();
    await server.kill();
    const left = headOf(journal);
    expect(left).not.toBe('');
    const next = await new Server(place).initialize();
    expect(headOf(journal)).not.toBe(left);
    await ledger.check(next, 'whole');
    expect(await ledger.create(next)).toBeUndefined();
  },
);

test(
  'a database file that cannot be synced loses nothing: the journal keeps what it should hold',
  OPTIONS,
  async () => {
    const place = makePlace();
    const server = await new Server(place).initialize();
    const ledger = new Ledger();
    const database = join(place.stateDirectory, DATABASE);
    const mend = await injectFault(server.pid, 'fsync,fdatasync:error=EIO', database);
    const prompt = 'x'.repeat(200_000);
    // Past 4 MB of journal SQLite carries it over to the database, in vain now.
    for (let made = 0; made < 40; made++)
      expect(await ledger.create(server, prompt)).toBeUndefined();
    await mend();
    await ledger.check(server);
    await server.kill();
    await checkAfterRestart(place, ledger);
  },
);

test(
  'while nothing can be read, calls are refused; after that they are served',
  OPTIONS,
  async () => {
    const { place, server, ledger } = await startServed();
    const other = await new Server(place).initialize();
    const mend = await injectFault(
      server.pid,
      'pread64:error=EIO',
      join(place.stateDirectory, JOURNAL),
    );
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
    await server.kill();
    await ledger.check(other);
  },
);
