/** Timers of any length, and waiting with a bound. */

/** Node's own timers fire at once if they are longer than 24.8 days. */
const STEP_MS_MAX = 2 ** 31 - 1;

export type Timer = { cancel(): void };

/** Calls after `ms`. Does not keep the process alive. */
export function startTimer(ms: number, call: () => void): Timer {
  let step: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, STEP_MS_MAX);
    const next = (): void => (leftMs > stepMs ? wait(leftMs - stepMs) : call());
    step = setTimeout(next, stepMs).unref();
  };
  wait(ms);
  return { cancel: () => clearTimeout(step) };
}

/** Waits up to `ms` for a promise to settle, and returns whether it did. Never rejects. */
export async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(late.resolve, ms, false);
  const settled = Promise.allSettled([promise]).then(() => true);
  const isInTime = await Promise.race([settled, late.promise]);
  clearTimeout(timer);
  return isInTime;
}

/** Resolves when the signal aborts; without a signal, never. */
export function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
