/** What calls cost over stdio, against the least that they can. */

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
  about: 'calls that only look, against the same answer sent ready-made',
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

/** What a read may cost, as parts of the same answer sent ready-made. */
const READ_TARGETS: Readonly<Record<string, readonly [latency: number, inFlight: number]>> = {
  get_session: [1.2, 0.8],
  get_metrics: [1.2, 0.8],
  read_events: [1.6, 0.65],
};

function readFigures(
  name: string,
  rounds: Rounds<'ours' | 'floor' | 'ready', 'latencyMs' | 'perSecond'>,
): readonly Figure[] {
  const floor = { ours: 'ours', base: 'floor' } as const;
  const ready = { ours: 'ours', base: 'ready' } as const;
  const latency = { name: `${name}, latency`, unit: 'ms' } as const;
  const rate = { name: `${name}, 32 in flight`, unit: '/s' } as const;
  const against = 'the same answer, ready-made';
  const [ratioAtMost, ratioAtLeast] = targetOf(READ_TARGETS, name);
  return [
    rounds.figure({ ...latency, against, target: { ratioAtMost } }, 'latencyMs', ready),
    rounds.figure({ ...latency, against: NOTHING }, 'latencyMs', floor),
    rounds.figure({ ...rate, against, target: { ratioAtLeast } }, 'perSecond', ready),
    rounds.figure({ ...rate, against: NOTHING }, 'perSecond', floor),
  ];
}

/** What a write may cost: its latency as a multiple of what the disk takes, its rate as a part of what the protocol allows. */
const WRITE_TARGETS: Readonly<Record<string, readonly [latency: number, inFlight: number]>> = {
  create_session: [1.6, 0.22],
  link_task: [1.3, 0.28],
  send_prompt: [1.8, 0.12],
};

function targetOf(
  targets: Readonly<Record<string, readonly [number, number]>>,
  name: string,
): readonly [number, number] {
  const found = Object.entries(targets).find(([tool]) => name.startsWith(tool));
  if (found === undefined) throw new Error(`no target for ${name}`);
  return found[1];
}

export const writes: Row = {
  name: 'writes',
  about:
    'calls that are durable when they are answered, against what the disk and the protocol take',
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
      figures.push(...writeFigures(name, rounds));
    }
    await Promise.all([ours, floor, synced].map((server) => server.close()));
    return figures;
  },
};

function writeFigures(
  name: string,
  rounds: Rounds<'ours' | 'floor' | 'synced', 'latencyMs' | 'perSecond'>,
): readonly Figure[] {
  const floor = { ours: 'ours', base: 'floor' } as const;
  const synced = { ours: 'ours', base: 'synced' } as const;
  const latency = { name: `${name}, latency`, unit: 'ms' } as const;
  const rate = { name: `${name}, 32 in flight`, unit: '/s' } as const;
  const [ratioAtMost, ratioAtLeast] = targetOf(WRITE_TARGETS, name);
  const against = 'nothing but one fdatasync';
  return [
    rounds.figure({ ...latency, against, target: { ratioAtMost } }, 'latencyMs', synced),
    rounds.figure({ ...rate, against: NOTHING, target: { ratioAtLeast } }, 'perSecond', floor),
  ];
}

/** One place for a process, and what takes it never says a word: all other prompts wait. */
export function held({ place }: Bench): readonly string[] {
  return ['--max-live', '1', '--claude-path', place.silentClaude];
}
