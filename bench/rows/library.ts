/** The library class, in this process. */

import { randomUUID } from 'node:crypto';
import { SessionManager } from '../../src/index.ts';
import { alternate, timed } from '../rounds.ts';
import type { Bench, Row } from './row.ts';

const FEW = 10;

export const library: Row = {
  name: 'library',
  about: 'the class SessionManager, alone in memory',
  async run({ scale }: Bench) {
    const lives = scale.quick ? 1000 : 200_000;
    const looks = scale.quick ? 1000 : 1_000_000;
    const manager = new SessionManager();
    const table = new Map<string, { taskId: string | undefined }>();
    const lived = await alternate(scale.rounds, {
      ours: () => perSecond(lives, () => liveAndEnd(manager)),
      map: () => perSecond(lives, () => putAndTake(table)),
    });
    const [few, many] = [new SessionManager(), new SessionManager()];
    for (let n = 0; n < FEW; n++) few.createSession();
    for (let n = 0; n < scale.many; n++) many.createSession();
    const measured = await alternate(scale.rounds, {
      many: () => usEach(looks, () => many.getMetrics()),
      few: () => usEach(looks, () => few.getMetrics()),
    });
    const many_ = scale.many.toLocaleString('en-GB');
    return [
      lived.figure(
        {
          name: 'create, link, end',
          unit: '/s',
          against: 'a UUID into a Map and out',
          target: { oursAtLeast: 300_000 },
        },
        'perSecond',
        { ours: 'ours', base: 'map' },
      ),
      measured.figure(
        {
          name: `getMetrics at ${many_} sessions`,
          unit: 'us',
          against: 'at 10 sessions',
          target: { oursAtMost: 1 },
        },
        'us',
        { ours: 'many', base: 'few' },
      ),
    ];
  },
};

function liveAndEnd(manager: SessionManager): void {
  const { id } = manager.createSession();
  manager.setTaskId(id, 'TASK-1');
  manager.endSession(id);
}

function putAndTake(table: Map<string, { taskId: string | undefined }>): void {
  const id = randomUUID();
  table.set(id, { taskId: undefined });
  table.set(id, { taskId: 'TASK-1' });
  table.delete(id);
}

async function perSecond(count: number, work: () => void): Promise<{ perSecond: number }> {
  return { perSecond: count / ((await repeated(count, work)) / 1000) };
}

async function usEach(count: number, work: () => unknown): Promise<{ us: number }> {
  return { us: ((await repeated(count, work)) * 1000) / count };
}

function repeated(count: number, work: () => unknown): Promise<number> {
  return timed(async () => {
    for (let n = 0; n < count; n++) work();
  });
}
