/**
 * Aborts controllers that somebody else wrote. What a controller or a listener throws goes to `report`
 * and nowhere else: Node rethrows what a listener throws as an uncaught exception, which ends the process.
 *
 * Two things cannot be caught: listeners of a signal derived from this one (`AbortSignal.any`), and
 * promises that a listener starts without returning them. Node reports both as uncaught.
 */

import { addAbortListener, getEventListeners } from 'node:events';

type Report = (error: unknown) => void;

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

/** Aborts with an `AbortError` whose message is the reason. Never throws if `report` never does. */
export function abortContained(controller: AbortController, reason: string, report: Report): void {
  contain(() => {
    const { signal } = controller;
    if (signal instanceof AbortSignal && !signal.aborted) containListeners(signal, report);
    return controller.abort(new DOMException(reason, 'AbortError'));
  }, report);
}

/** Replaces each listener with one that catches what it throws, in the same order. */
function containListeners(signal: AbortSignal, report: Report): void {
  // Node's types know functions only, without their arguments.
  for (const listener of getEventListeners(signal, 'abort') as Listener[]) {
    // Node does not say how it was registered, so both ways are removed.
    signal.removeEventListener('abort', listener);
    signal.removeEventListener('abort', listener, { capture: true });
    addAbortListener(signal, (event) => contain(() => call(listener, signal, event), report));
  }
}

function call(listener: Listener, signal: AbortSignal, event: Event): unknown {
  return typeof listener === 'function'
    ? listener.call(signal, event)
    : listener.handleEvent(event);
}

function contain(run: () => unknown, report: Report): void {
  try {
    const result = run();
    // Nobody waits for it; only its failure matters.
    void Promise.resolve(result).catch(report);
  } catch (error) {
    report(error);
  }
}
