/**
 * Aborting what somebody else wrote. Whatever a controller or a listener throws goes to `report`
 * and nowhere else, because Node rethrows what a listener throws where only `uncaughtException`
 * sees it, and that ends the process.
 *
 * Two things stay out of reach: listeners of a signal derived from this one (`AbortSignal.any`), and
 * promises that a listener starts without returning them. Node reports both as uncaught.
 */

import { addAbortListener, getEventListeners } from 'node:events';

type Report = (error: unknown) => void;

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

/** Aborts with an `AbortError` that says the reason. Never throws, as long as `report` does not. */
export function abortContained(controller: AbortController, reason: string, report: Report): void {
  contain(() => {
    const { signal } = controller;
    if (signal instanceof AbortSignal && !signal.aborted) containListeners(signal, report);
    return controller.abort(new DOMException(reason, 'AbortError'));
  }, report);
}

/** Puts each listener back inside a net, in the same order. */
function containListeners(signal: AbortSignal, report: Report): void {
  for (const listener of listenersOf(signal)) {
    // How it was registered is not told, so both ways are taken off.
    signal.removeEventListener('abort', listener);
    signal.removeEventListener('abort', listener, { capture: true });
    addAbortListener(signal, (event) => contain(() => call(listener, signal, event), report));
  }
}

function listenersOf(signal: AbortSignal): readonly Listener[] {
  // Node's types know of functions only, and nothing of their arguments.
  return getEventListeners(signal, 'abort') as Listener[];
}

function call(listener: Listener, signal: AbortSignal, event: Event): unknown {
  return typeof listener === 'function'
    ? listener.call(signal, event)
    : listener.handleEvent(event);
}

function contain(run: () => unknown, report: Report): void {
  try {
    const result = run();
    // Waited for by nobody; only its failure is of interest.
    void Promise.resolve(result).catch(report);
  } catch (error) {
    report(error);
  }
}
