/** What a server takes of the processor while nobody asks it for anything. */

import { setTimeout as sleep } from 'node:timers/promises';
import { figureOf } from '../figures.ts';
import { cpuMs } from '../process-figures.ts';
import { alternate } from '../rounds.ts';
import { RpcProcess } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const SESSIONS = 1000;
const SETTLE_MS = 2000;
const WINDOW_MS = 2000;

export const idle: Row = {
  name: 'idle',
  about: 'CPU of an idle server with 1,000 sessions, none live',
  async run({ place, scale }: Bench) {
    const state = await place.state({ sessions: SESSIONS, logged: SESSIONS });
    const ours = new RpcProcess(place.ours(state));
    const floor = new RpcProcess(place.program('floor-stdio.mjs'));
    await Promise.all([ours.initialize(), floor.initialize()]);
    await sleep(scale.quick ? 0 : SETTLE_MS);
    const window = scale.quick ? 100 : WINDOW_MS;
    const shares = async () => {
      const before = { ours: cpuMs(ours.pid), floor: cpuMs(floor.pid) };
      const began = performance.now();
      await sleep(window);
      const percent = 100 / (performance.now() - began);
      return {
        ours: (cpuMs(ours.pid) - before.ours) * percent,
        floor: (cpuMs(floor.pid) - before.floor) * percent,
      };
    };
    const rounds = await alternate(scale.rounds, { both: shares }, { warmUp: false });
    await Promise.all([ours.close(), floor.close()]);
    const against = 'a server that does nothing';
    return [
      figureOf(
        { name: 'idle server', unit: '% of a core', against, target: { oursAtMost: 0.2 } },
        rounds.values('both', 'ours'),
        rounds.values('both', 'floor'),
      ),
    ];
  },
};
