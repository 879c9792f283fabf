/** What the process holds once it has started and nothing happens. Linux counts it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { figureOf } from '../figures.ts';
import { residentBytes } from '../process-figures.ts';
import { alternate } from '../rounds.ts';
import { type Command, RpcProcess } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const MIB = 1024 * 1024;
const SETTLE_MS = 700;

export const memory: Row = {
  name: 'memory',
  about: 'resident memory idle after start, against a server that does nothing',
  async run({ place, scale }: Bench) {
    const empty = place.emptyState();
    const full = await place.state({ sessions: scale.many, logged: 10 });
    const rounds = await alternate(scale.rounds, {
      all: () => residents([place.ours(empty), place.ours(full), place.program('floor-stdio.mjs')]),
    });
    const growth = {
      name: `growth for ${scale.many.toLocaleString('en-GB')} sessions`,
      unit: 'MiB',
    } as const;
    return [
      figureOf(
        {
          name: 'idle after start',
          unit: 'MiB',
          against: 'a server that does nothing',
          target: { ratioAtMost: 1.5 },
        },
        rounds.values('all', 'ours'),
        rounds.values('all', 'floor'),
      ),
      figureOf(
        { ...growth, against: 'the process itself', target: { oursAtMost: 10 } },
        rounds.values('all', 'growth'),
        rounds.values('all', 'ours'),
      ),
    ];
  },
};

/** Of the three at the same time: what they share counts for each of them alike. */
async function residents(
  commands: readonly Command[],
): Promise<{ ours: number; growth: number; floor: number }> {
  const servers = commands.map((command) => new RpcProcess(command));
  await Promise.all(servers.map((server) => server.initialize()));
  await sleep(SETTLE_MS);
  const [ours = 0, full = 0, floor = 0] = servers.map(({ pid }) => residentBytes(pid) / MIB);
  await Promise.all(servers.map((server) => server.close()));
  return { ours, growth: full - ours, floor };
}
