/** What runs here, held against the log. */

import type { Store } from '../store/store.ts';
import type { Loss } from './loss.ts';
import type { Scheduler } from './scheduler.ts';

const UNCONFIRMED: Loss = {
  kind: 'storage',
  message: 'the disk did not confirm the write that started it',
};

/**
 * After the store has failed, the log may hold a claim that it did not confirm, so that nobody here runs that turn:
 * then the session's process ends, and recovery settles the turn.
 */
export async function agree(
  store: Pick<Store, 'leases'>,
  scheduler: Pick<Scheduler, 'liveSessions' | 'placed'>,
): Promise<void> {
  for (const live of scheduler.liveSessions()) {
    const [before] = await store.leases(live.id);
    if (before?.turn === undefined || before.turn.id === live.turnId) continue;
    // It may just have begun here, or just have ended.
    await scheduler.placed(live.id);
    await live.settled();
    const turnId = (await store.leases(live.id))[0]?.turn?.id;
    if (turnId === before.turn.id && turnId !== live.turnId) live.giveUp(UNCONFIRMED);
  }
}
