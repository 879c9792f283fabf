/** Waiting, and looking at files, with bounds. */

import { SessionError } from '../errors.ts';

/** Waits up to `ms` for a promise to settle, and returns whether it did. Never rejects. */
export async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([settled, late]);
  clearTimeout(timer);
  return inTime;
}

/** Resolves when the signal aborts; without a signal, never. */
export function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Returns what a look at files returns, unless the file system hangs. The look itself cannot be stopped; what it returns
 * later is ignored.
 *
 * @throws SessionError UNAVAILABLE if `ms` have passed or the signal aborts
 */
export async function inTime<T>(look: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  const isInTime = await within(Promise.race([look, aborted(signal)]), ms);
  if (isInTime && !signal?.aborted) return await look;
  look.catch(() => undefined);
  throw new SessionError('UNAVAILABLE', `the files of the session did not answer within ${ms} ms`, {
    hint: 'the file system of its working directory or of the home directory may hang: check it, then send the prompt again.',
  });
}

/** How long a good answer is not asked for again: longer than the commit between the claim of a turn and its prompt. */
const FRESH_MS = 100;

/** The same look, but a good answer counts for a moment. */
export function fresh<T>(look: (about: T) => Promise<boolean>): (about: T) => Promise<boolean> {
  let until = 0;
  return async (about) => {
    if (performance.now() < until) return true;
    const isGood = await look(about);
    if (isGood) until = performance.now() + FRESH_MS;
    return isGood;
  };
}
