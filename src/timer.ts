/** A timer of any length. Node's own timers fire at once if they are longer than 24.8 days. */

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
