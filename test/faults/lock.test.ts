import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Server } from '../support/client/place.ts';
import { startServed } from './ledger.ts';
import { holdLock } from './world.ts';

vi.setConfig({ testTimeout: 180_000 });

test('while another program holds the file for a moment, writes wait and reads do not', async () => {
  const { place, server, ledger } = await startServed();
  const release = holdLock(join(place.stateDirectory, 'sessions.db'));
  const order: string[] = [];
  const written = ledger.create(server).then((failure) => {
    expect(failure).toBeUndefined();
    order.push('written');
  });
  for (let looks = 0; looks < 5; looks++) await server.call('list_sessions');
  order.push('read');
  release();
  await written;
  expect(order).toEqual(['read', 'written']);
  await ledger.check(server);
});

test('while another program holds the file for long, calls are refused; after that they are served', async () => {
  const { place, server, ledger } = await startServed();
  const release = holdLock(join(place.stateDirectory, 'sessions.db'));
  // A server that starts meanwhile can read.
  const second = await new Server(place).initialize();
  const [first, ...linked] = await Promise.all([
    ledger.create(server),
    ledger.link(server, 'T-locked'),
    ledger.create(second),
  ]);
  for (const failure of [first, ...linked.flat()]) {
    expect(failure).toEqual({
      code: 'UNAVAILABLE',
      message: 'the state database is locked by another process',
      hint: expect.stringContaining('look for a stopped or hung server'),
      retryable: true,
    });
  }
  await ledger.check(second);
  release();
  expect(await ledger.create(server)).toBeUndefined();
  expect(await ledger.create(second)).toBeUndefined();
  await server.program.stop('SIGKILL');
  await ledger.check(second);
});
