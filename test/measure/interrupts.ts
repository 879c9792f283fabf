/** How long an interrupt takes, from the call to the answer that says that the turn has stopped. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Place } from '../soak/place.ts';
import { MeasuredSession } from './session.ts';

/** So long a turn goes on before it is stopped: nothing of its beginning is measured. */
const UNDER_WAY_MS = 300;
const LOOK_MS = 20;

export type Latency = { readonly count: number; readonly median: number; readonly most: number };

/** @param where the turn is stopped: while an answer streams, or while a shell runs */
export async function measureInterrupts(where: 'stream' | 'tool', count: number): Promise<Latency> {
  const place = await Place.make();
  const session = await MeasuredSession.open(place, {});
  try {
    await session.turn([{ text: 'warm' }]);
    const taken: number[] = [];
    for (let index = 0; index < count; index++) {
      await (where === 'stream' ? stream(session) : tool(session, `started-${index}`));
      await sleep(UNDER_WAY_MS);
      taken.push(await session.interrupt());
    }
    const sorted = taken.map(Math.round).sort((a, b) => a - b);
    return { count, median: sorted[Math.floor(count / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
  } finally {
    await session.close();
  }
}

async function stream(session: MeasuredSession): Promise<void> {
  const words = randomUUID();
  await session.send([{ text: words, hang: 'mid' }]);
  await session.place.api.waitForRequest(({ body }) =>
    JSON.stringify(body?.messages ?? '').includes(words),
  );
}

async function tool(session: MeasuredSession, name: string): Promise<void> {
  const command = `touch ${name}; tail -f /dev/null`;
  await session.send([{ tool: 'Bash', input: { command } }]);
  const file = join(session.place.folder('measured'), name);
  while (!existsSync(file)) await sleep(LOOK_MS);
}
