/** Resident memory of a server before, during and after something. */

import { residentMib } from '../support/gauge.ts';

const SAMPLE_MS = 50;

export type MemoryMib = { readonly before: number; readonly most: number; readonly after: number };

/**
 * Returns the figures, and what `run` resolves with.
 *
 * @param settle resolves when nothing of it should be left
 */
export async function whileMeasured<T>(
  pid: number,
  run: () => Promise<T>,
  settle: () => Promise<unknown> = async () => {},
): Promise<{ readonly memoryMib: MemoryMib; readonly result: T }> {
  const before = residentMib(pid);
  let most = before;
  const look = () => {
    most = Math.max(most, residentMib(pid));
  };
  const sampler = setInterval(look, SAMPLE_MS);
  try {
    const result = await run();
    look();
    await settle();
    return { memoryMib: { before, most, after: residentMib(pid) }, result };
  } finally {
    clearInterval(sampler);
  }
}
