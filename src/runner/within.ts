import { SessionError } from '../errors.ts';

/** Waits for a promise to settle, no longer than `ms`; tells whether it did. Never rejects. */
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

/** Resolves once the signal aborts; without one, never. */
export function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * What a look at files gives, unless they do not answer: a file system may hang for as long as it likes. The look itself
 * cannot be stopped and goes on unheard.
 *
 * @throws SessionError UNAVAILABLE once `ms` have passed or the signal aborts
 */
export async function inTime<T>(look: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  const isInTime = await within(Promise.race([look, aborted(signal)]), ms);
  if (isInTime && !signal?.aborted) return await look;
  look.catch(() => undefined);
  throw new SessionError('UNAVAILABLE', `the files of the session did not answer within ${ms} ms`, {
    hint: 'The file system of its working directory or of the home directory may hang: look at it, then send the prompt again.',
  });
}
