import { SessionManager } from '../../src/index.ts';

/** A manager whose time and ids belong to the test: `claude_1`, `claude_2`, … */
export function newHost() {
  const clock = {
    wallMs: Date.UTC(2026, 0, 1),
    elapsedMs: 0,
    now: () => clock.wallMs,
    monotonic: () => clock.elapsedMs,
    /** Time passes, on both clocks. */
    pass: (ms: number) => {
      clock.wallMs += ms;
      clock.elapsedMs += ms;
    },
  };
  const logged: { details: object; message: string }[] = [];
  let ids = 0;
  const manager = new SessionManager({
    clock,
    newId: () => {
      ids += 1;
      return `${ids}`;
    },
    logger: {
      warn: (details, message) => {
        logged.push({ details, message });
      },
    },
  });
  return { manager, clock, logged };
}

/** A controller of a caller's own making. */
export function controllerOf(abort: () => unknown): AbortController {
  return { abort } as unknown as AbortController;
}
