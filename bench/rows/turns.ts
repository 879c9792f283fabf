/** What a turn costs beside the Agent SDK alone, in the same Claude Code against the same stand-in of the API. */

import { randomUUID } from 'node:crypto';
import { ClaudeWorld, turnInOwnProcess } from '../claude.ts';
import { median } from '../figures.ts';
import { alternate, timed } from '../rounds.ts';
import type { Bench, Row } from './row.ts';

const TURNS = 10;

export const turns: Row = {
  name: 'turns',
  about:
    'a turn in a live session, against the Agent SDK in one live process, and with a process for each prompt',
  async run({ place, scale }: Bench) {
    const world = await ClaudeWorld.make(place);
    const served = await world.serve(1);
    const sessionId = await served.firstTurn();
    const bare = world.bare();
    await bare.turn();
    const conversation = randomUUID();
    await turnInOwnProcess(world.options({ sessionId: conversation }));
    const count = scale.quick ? 1 : TURNS;
    const rounds = await alternate(scale.rounds, {
      ours: () => medianMs(count, () => served.turn(sessionId)),
      bare: () => medianMs(count, () => bare.turn()),
      resume: () => medianMs(1, () => turnInOwnProcess(world.options({ resume: conversation }))),
    });
    await bare.close();
    await served.close();
    return [
      rounds.figure(
        {
          name: 'turn in a live session',
          unit: 'ms',
          against: 'the Agent SDK, live process',
          target: { ratioAtMost: 1.15 },
        },
        'ms',
        { ours: 'ours', base: 'bare' },
      ),
      rounds.figure(
        { name: 'turn in a live session', unit: 'ms', against: 'a process a prompt, with resume' },
        'ms',
        { ours: 'ours', base: 'resume' },
      ),
    ];
  },
};

export const firstTurn: Row = {
  name: 'first-turn',
  about: 'the first turn of a new session, process start included, against the Agent SDK',
  async run({ place, scale }: Bench) {
    const world = await ClaudeWorld.make(place);
    const served = await world.serve(1);
    const rounds = await alternate(scale.rounds, {
      ours: async () => {
        let sessionId = '';
        const ms = await timed(async () => {
          sessionId = await served.firstTurn();
        });
        await served.end(sessionId);
        return { ms };
      },
      bare: async () => {
        const bare = world.bare();
        const ms = await timed(() => bare.turn());
        await bare.close();
        return { ms };
      },
    });
    await served.close();
    const against = 'the Agent SDK, new process';
    return [
      rounds.figure(
        { name: 'first turn of a session', unit: 'ms', against, target: { ratioAtMost: 1.05 } },
        'ms',
        { ours: 'ours', base: 'bare' },
      ),
    ];
  },
};

export const fleet: Row = {
  name: 'fleet',
  about: 'many sessions and many turns at once, against as many processes of the Agent SDK',
  async run({ place, scale }: Bench) {
    const world = await ClaudeWorld.make(place);
    const served = await world.serve(scale.fleet);
    const all = <T>(work: () => Promise<T>) =>
      Promise.all(Array.from({ length: scale.fleet }, work));
    const rounds = await alternate(
      scale.rounds,
      {
        ours: async () => {
          let ids: string[] = [];
          const first = await timed(async () => {
            ids = await all(() => served.firstTurn());
          });
          const live = await timed(() => Promise.all(ids.map((id) => served.turn(id))));
          await Promise.all(ids.map((id) => served.end(id)));
          return { first, live };
        },
        bare: async () => {
          const processes = Array.from({ length: scale.fleet }, () => world.bare());
          const turn = () => Promise.all(processes.map((bare) => bare.turn()));
          const [first, live] = [await timed(turn), await timed(turn)];
          await Promise.all(processes.map((bare) => bare.close()));
          return { first, live };
        },
      },
      { warmUp: false },
    );
    await served.close();
    const sides = { ours: 'ours', base: 'bare' } as const;
    const against = `${scale.fleet} processes of the Agent SDK`;
    const at = (ratioAtMost: number) => ({ unit: 'ms', against, target: { ratioAtMost } }) as const;
    return [
      rounds.figure(
        { name: `${scale.fleet} new sessions, a turn each`, ...at(1.08) },
        'first',
        sides,
      ),
      rounds.figure(
        { name: `${scale.fleet} live sessions, a turn each`, ...at(1.1) },
        'live',
        sides,
      ),
    ];
  },
};

async function medianMs(count: number, work: () => Promise<unknown>): Promise<{ ms: number }> {
  const times: number[] = [];
  for (let at = 0; at < count; at++) times.push(await timed(work));
  return { ms: median(times) };
}
