/** What runs here, held against the log. */

import type { Store } from '../store/store.ts';
import type { LocalSessions } from './local-sessions.ts';
import type { Loss } from './loss.ts';

const UNCONFIRMED: Loss = {
  kind: 'storage',
  message: 'the disk did not confirm the write that started it',
};

/**
 * After the store has failed, the log may hold a claim that it did not confirm, so that nobody here runs that turn:
 * then the session's process ends, and recovery settles the turn.
 */
export async function agree(store: Pick<Store, 'leases'>, sessions: LocalSessions): Promise<void> {
  for (const session of sessions.live()) {
    const { id } = session;
    const [before] = await store.leases(id);
    if (before?.turn === undefined || before.turn.id === session.turnId) continue;
    // It may just have begun here, or just have ended.
    await sessions.claimed();
    await session.process?.settled();
    const turnId = (await store.leases(id))[0]?.turn?.id;
    const isLost = turnId === before.turn.id && turnId !== session.turnId;
    if (isLost) session.process?.giveUp(UNCONFIRMED);
  }
}
