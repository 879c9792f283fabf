/** Resident memory of the server before, during and after something. */

import { residentMib } from '../support/gauge.ts';

const SAMPLE_MS = 100;

export type MemoryMib = { readonly before: number; readonly most: number; readonly after: number };

/** @param settle resolves when nothing of it should be left */
export async function whileMeasured(
  pid: number,
  run: () => Promise<void>,
  settle: () => Promise<void> = async () => {},
): Promise<MemoryMib> {
  const before = residentMib(pid);
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, residentMib(pid));
  }, SAMPLE_MS);
  try {
    await run();
    most = Math.max(most, residentMib(pid));
    await settle();
  } finally {
    clearInterval(sampler);
  }
  return { before, most, after: residentMib(pid) };
}
