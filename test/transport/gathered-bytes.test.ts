import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatheredBytes } from '../../src/transport/gathered-bytes.ts';
import { collectGarbage } from '../support/garbage.ts';

const MIB = 2 ** 20;

const buffers = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));

test('pieces come together in their order, time and again', () => {
  const gathered = new GatheredBytes();
  const property = fc.property(fc.array(buffers), (pieces) => {
    for (const piece of pieces) gathered.add(piece);
    const whole = Buffer.concat(pieces);
    expect(gathered.length).toBe(whole.length);
    expect(gathered.take()).toEqual(whole);
    expect(gathered.length).toBe(0);
  });
  fc.assert(property);
});

test('a million pieces hold what they weigh, not what each of them would cost', async () => {
  const arrived = Buffer.alloc(MIB);
  const gathered = new GatheredBytes();
  const before = await held();
  for (let at = 0; at < MIB; at += 1) gathered.add(arrived.subarray(at, at + 1));
  const after = await held();
  expect(gathered.length).toBe(MIB);
  expect((after - before) / MIB).toBeLessThan(8);
});

async function held(): Promise<number> {
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
