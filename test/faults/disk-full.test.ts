import { copyFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect, vi } from 'vitest';
import { Server } from '../support/client/place.ts';
import { lacksMounts } from '../support/needs.ts';
import { makePlace } from '../support/program.ts';
import { Ledger } from './ledger.ts';
import { type Disk, integrityOf, mountDisk } from './world.ts';

vi.setConfig({ testTimeout: 180_000 });
const test = base.skipIf(lacksMounts);

const FULL = {
  code: 'UNAVAILABLE',
  message: 'the disk of the state directory is full',
  hint: 'free some space there, then call again.',
  retryable: true,
};

/** Takes all the room that is left, less a little; returns what gives it back. */
function fill({ seenFrom }: Disk, spareBytes: number): () => void {
  const { bavail, bsize } = statfsSync(seenFrom);
  const filler = join(seenFrom, 'filler');
  try {
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - spareBytes)));
  } catch (error) {
    // The server has written meanwhile, and what was left is now taken: full, if no room was to be left.
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    if (!isFull || spareBytes > 0) throw error;
  }
  return () => rmSync(filler);
}

// With no room at all the very first write of a server fails; with some, one in the middle.
test.each([0, 200_000])('a disk with %i bytes left refuses, and later serves', async (spare) => {
  const place = await makePlace();
  const disk = await mountDisk(place.stateDirectory, 'size=4m,mode=700');
  const { within } = disk;
  const server = await new Server(place, { within }).initialize();
  const ledger = new Ledger();
  const empty = fill(disk, spare);
  const prompt = 'x'.repeat(10_000);
  for (let refusals = 0; refusals < 3; ) {
    const failure = await ledger.create(server, prompt);
    if (failure !== undefined) {
      expect(failure).toEqual(FULL);
      refusals += 1;
    }
  }
  for (const failure of await ledger.link(server, 'T-full')) expect(failure).toEqual(FULL);
  await ledger.check(server);
  empty();
  expect(await ledger.create(server)).toBeUndefined();
  expect(await ledger.link(server, 'T-room')).toEqual([]);
  await server.program.stop('SIGKILL');

  const next = await new Server(place, { within }).initialize();
  await ledger.check(next);
  await next.program.leave();
  // SQLite itself cannot follow the way into the other place.
  const copy = join(place.scratch, 'copy.db');
  copyFileSync(join(disk.seenFrom, 'sessions.db'), copy);
  expect(integrityOf(copy)).toBe('ok');
});

test.each(['nothing', 'a session'])(
  'a server that starts on a full disk with %s on it ends with 1 and what to do; there it starts once there is room',
  async (kept) => {
    const place = await makePlace();
    const disk = await mountDisk(place.stateDirectory, 'size=1m,mode=700');
    const { within } = disk;
    const ledger = new Ledger();
    if (kept === 'a session') {
      const first = await new Server(place, { within }).initialize();
      await ledger.create(first);
      await first.program.leave();
    }
    const empty = fill(disk, 0);
    const { code, stderr } = await new Server(place, { within }).program.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^claude-sessions-mcp: state directory .*; .*free.* space.*\n$/);
    expect(stderr).toContain(place.stateDirectory);
    empty();
    const server = await new Server(place, { within }).initialize();
    expect(await ledger.create(server)).toBeUndefined();
    await ledger.check(server);
  },
);
