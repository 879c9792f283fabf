/** From the start of the process to the answer to `initialize`; a client waits for it. */

import { alternate, timed } from '../rounds.ts';
import { type Command, RpcProcess } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const STARTS = 3;

export const start: Row = {
  name: 'start',
  about: 'process start to the answer to initialize, against a server that does nothing',
  async run({ place, scale }: Bench) {
    const empty = place.emptyState();
    const full = await place.state({ sessions: scale.many, logged: 10 });
    const starts = scale.quick ? 1 : STARTS;
    const rounds = await alternate(scale.rounds, {
      empty: () => startMs(place.ours(empty), starts),
      full: () => startMs(place.ours(full), starts),
      floor: () => startMs(place.program('floor-stdio.mjs'), starts),
    });
    const against = 'a server that does nothing';
    const target = { ratioAtMost: 1.3 };
    const many = scale.many.toLocaleString('en-GB');
    return [
      rounds.figure({ name: 'start, empty store', unit: 'ms', against, target }, 'ms', {
        ours: 'empty',
        base: 'floor',
      }),
      rounds.figure({ name: `start, ${many} sessions`, unit: 'ms', against, target }, 'ms', {
        ours: 'full',
        base: 'floor',
      }),
    ];
  },
};

/** The fastest of a few: a start that was held up says nothing about the program. */
async function startMs(command: Command, starts: number): Promise<{ ms: number }> {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < starts; at++) {
    let server: RpcProcess | undefined;
    const ms = await timed(() => {
      server = new RpcProcess(command);
      return server.initialize();
    });
    await server?.close();
    least = Math.min(least, ms);
  }
  return { ms: least };
}
