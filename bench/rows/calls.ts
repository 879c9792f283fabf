/** What a call costs beside one that does nothing, over stdio. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callNothing, callSide, readCalls, writeCalls } from '../calls.ts';
import type { Figure } from '../figures.ts';
import type { Place } from '../place.ts';
import { alternate, type Rounds } from '../rounds.ts';
import { RpcProcess } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const SESSIONS = 1000;
const FLOOR = 'floor-stdio.mjs';
const NOTHING = 'a tool that does nothing';

export const reads: Row = {
  name: 'reads',
  about: 'calls that only look, against a tool that does nothing',
  async run({ place, scale, say }: Bench) {
    const state = await place.state({ sessions: SESSIONS, logged: SESSIONS });
    const ours = new RpcProcess(place.ours(state));
    const floor = new RpcProcess(place.program(FLOOR));
    await Promise.all([ours.initialize(), floor.initialize()]);
    const figures: Figure[] = [];
    for (const [name, call] of Object.entries(readCalls(SESSIONS))) {
      say(name);
      const ready = await readyMade(place, (await call(ours, 1)) as Buffer);
      const rounds = await alternate(scale.rounds, {
        ours: callSide(ours, call, scale),
        floor: callSide(floor, callNothing, scale),
        ready: callSide(ready, callNothing, scale),
      });
      await ready.close();
      figures.push(...readFigures(name, rounds));
    }
    await Promise.all([ours.close(), floor.close()]);
    return figures;
  },
};

/** A floor that answers like this, known beforehand: what the same answer costs on its way alone. */
async function readyMade(place: Place, answer: Buffer): Promise<RpcProcess> {
  const file = join(place.directory, 'answer.json');
  writeFileSync(file, JSON.parse(answer.toString()).result.content[0].text);
  const server = new RpcProcess(place.program(FLOOR, ['--answer', file]));
  await server.initialize();
  return server;
}

function readFigures(
  name: string,
  rounds: Rounds<'ours' | 'floor' | 'ready', 'latencyMs' | 'perSecond'>,
): readonly Figure[] {
  const [floor, ready] = [
    { ours: 'ours', base: 'floor' },
    { ours: 'ours', base: 'ready' },
  ] as const;
  const latency = { name: `${name}, latency`, unit: 'ms' } as const;
  const rate = { name: `${name}, 32 in flight`, unit: '/s' } as const;
  const against = 'the same answer, ready-made';
  return [
    rounds.figure(
      { ...latency, against: NOTHING, target: { ratioAtMost: 1.2 } },
      'latencyMs',
      floor,
    ),
    rounds.figure({ ...latency, against }, 'latencyMs', ready),
    rounds.figure({ ...rate, against: NOTHING, target: { ratioAtLeast: 0.8 } }, 'perSecond', floor),
    rounds.figure({ ...rate, against }, 'perSecond', ready),
  ];
}

export const writes: Row = {
  name: 'writes',
  about: 'calls that are durable when they are answered, against a tool that does nothing',
  async run(bench) {
    const { place, scale } = bench;
    const state = await place.state({ sessions: SESSIONS, logged: SESSIONS });
    const ours = new RpcProcess(place.ours(state, held(bench)));
    const floor = new RpcProcess(place.program(FLOOR));
    const synced = new RpcProcess(
      place.program(FLOOR, ['--sync', join(place.directory, 'synced')]),
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
      const against = NOTHING;
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
