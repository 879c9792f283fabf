/** What a call costs beside one that does nothing, over stdio. */

import { join } from 'node:path';
import { callNothing, callSide, readCalls, writeCalls } from '../calls.ts';
import type { Figure } from '../figures.ts';
import { alternate } from '../rounds.ts';
import { RpcProcess } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const SESSIONS = 1000;

export const reads: Row = {
  name: 'reads',
  about: 'calls that only look, against a tool that does nothing',
  async run(bench) {
    const state = await bench.place.state({ sessions: SESSIONS, logged: SESSIONS });
    const servers = {
      ours: new RpcProcess(bench.place.ours(state)),
      floor: new RpcProcess(bench.place.program('floor-stdio.mjs')),
    };
    await Promise.all([servers.ours.initialize(), servers.floor.initialize()]);
    const figures: Figure[] = [];
    for (const [name, call] of Object.entries(readCalls(SESSIONS))) {
      bench.say(name);
      const rounds = await alternate(bench.scale.rounds, {
        ours: callSide(servers.ours, call, bench.scale),
        floor: callSide(servers.floor, callNothing, bench.scale),
      });
      const sides = { ours: 'ours', base: 'floor' } as const;
      const against = 'a tool that does nothing';
      figures.push(
        rounds.figure(
          { name: `${name}, latency`, unit: 'ms', against, target: { ratioAtMost: 1.2 } },
          'latencyMs',
          sides,
        ),
        rounds.figure(
          { name: `${name}, 32 in flight`, unit: '/s', against, target: { ratioAtLeast: 0.8 } },
          'perSecond',
          sides,
        ),
      );
    }
    await Promise.all([servers.ours.close(), servers.floor.close()]);
    return figures;
  },
};

export const writes: Row = {
  name: 'writes',
  about: 'calls that are durable when they are answered, against a tool that does nothing',
  async run(bench) {
    const { place, scale } = bench;
    const state = await place.state({ sessions: SESSIONS, logged: SESSIONS });
    const ours = new RpcProcess(place.ours(state, held(bench)));
    const floor = new RpcProcess(place.program('floor-stdio.mjs'));
    const synced = new RpcProcess(
      place.program('floor-stdio.mjs', [join(place.directory, 'synced')]),
    );
    await Promise.all([ours, floor, synced].map((server) => server.initialize()));
    const figures: Figure[] = [];
    for (const [name, call] of Object.entries(writeCalls(SESSIONS))) {
      bench.say(name);
      const rounds = await alternate(scale.rounds, {
        ours: callSide(ours, call, scale),
        floor: callSide(floor, callNothing, scale),
        synced: callSide(synced, callNothing, scale),
      });
      const sides = { ours: 'ours', base: 'floor' } as const;
      const against = 'a tool that does nothing';
      figures.push(
        rounds.figure(
          { name: `${name}, latency`, unit: 'ms', against, target: { ratioAtMost: 2.5 } },
          'latencyMs',
          sides,
        ),
        rounds.figure(
          { name: `${name}, latency`, unit: 'ms', against: 'nothing but one fdatasync' },
          'latencyMs',
          { ours: 'ours', base: 'synced' },
        ),
        rounds.figure(
          { name: `${name}, 32 in flight`, unit: '/s', against, target: { ratioAtLeast: 0.5 } },
          'perSecond',
          sides,
        ),
      );
    }
    await Promise.all([ours, floor, synced].map((server) => server.close()));
    return figures;
  },
};

/** One place for a process, and what takes it never says a word: all other prompts wait. */
export function held({ place }: Bench): readonly string[] {
  return ['--max-live', '1', '--claude-path', place.silentClaude];
}
