import { onTestFinished } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { Attachments } from '../../src/service/attachments.ts';
import { Housekeeper, type HousekeeperDeps } from '../../src/service/housekeeper.ts';
import type { Harness } from '../support/harness.ts';

export const DAY_MS = 86_400_000;

export function attachmentsOf(stateDir: string, now = Date.now): Attachments {
  return new Attachments({ stateDir, places: { roots: [], secret: [] }, clock: { now } });
}

/** A housekeeper of its own beside the server's, so that the test says when. */
export function keeperOf(harness: Harness, deps: Partial<HousekeeperDeps> = {}): Housekeeper {
  const unused = undefined as never;
  const keeper = new Housekeeper({
    store: harness.store,
    sessions: harness.app.service.sessions,
    log: loggerTo({ write: () => {} }, 'silent'),
    sessionTtlMs: 7 * DAY_MS,
    retainMs: 30 * DAY_MS,
    attachments: attachmentsOf(harness.settings.stateDir),
    runner: harness.runner,
    rollCall: unused,
    recovery: unused,
    local: unused,
    disconnected: unused,
    ...deps,
  });
  onTestFinished(() => keeper.close());
  return keeper;
}
