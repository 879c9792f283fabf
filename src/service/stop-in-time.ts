/** How long a call waits for something of a session to stop. */

import { SessionError } from '../errors.ts';
import { STOP_MS_MAX } from '../limits.ts';
import { within } from '../timer.ts';

/**
 * What `stopping` gives. The kernel may be unable to end a process, and whoever waits for it would wait for ever.
 *
 * @param notYet what is told if it takes too long
 * @throws SessionError UNAVAILABLE in that case; it goes on nevertheless
 */
export async function stopInTime<T>(notYet: string, stopping: Promise<T>): Promise<T> {
  if (await within(stopping, STOP_MS_MAX)) return await stopping;
  throw new SessionError('UNAVAILABLE', `${notYet} after ${STOP_MS_MAX} ms (STOP_MS_MAX)`, {
    hint: 'Try again later: the server goes on with it, and its log says what is wrong.',
  });
}
