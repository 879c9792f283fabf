/** Many clients at once over HTTP, against the SDK's own transport with a tool that does nothing. */

import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { HttpCaller } from '../../test/support/client/http-wire.ts';
import { figureOf } from '../figures.ts';
import { alternate, timed } from '../rounds.ts';
import { type Command, startNode } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const SESSIONS = 1000;
const CALLS = 20;

export const http: Row = {
  name: 'http',
  about: 'many MCP sessions over HTTP, against a tool that does nothing',
  async run({ place, scale }: Bench) {
    const state = await place.state({ sessions: SESSIONS, logged: SESSIONS });
    const command = place.ours(state, ['http', '--port', '0', '--rate-limit', '1000000']);
    const ours = await start(command, () => readFileSync(join(state, 'token'), 'utf8').trim());
    const floor = await start(place.program('floor-http.mjs'), () => '');
    const opened = ({ target }: Served) =>
      Promise.all(Array.from({ length: scale.httpSessions }, () => HttpCaller.open(target)));
    const [ourCallers, floorCallers] = await Promise.all([opened(ours), opened(floor)]);
    const rounds = await alternate(scale.rounds, {
      ours: () => callAll(ourCallers, 'get_metrics'),
      floor: () => callAll(floorCallers, 'nothing'),
    });
    await Promise.all([ours.close(), floor.close()]);
    const against = 'a tool that does nothing, over HTTP';
    const name = `get_metrics, ${scale.httpSessions} MCP sessions × ${CALLS} calls`;
    return [
      rounds.figure({ name, unit: '/s', against, target: { ratioAtLeast: 0.75 } }, 'perSecond', {
        ours: 'ours',
        base: 'floor',
      }),
      figureOf(
        { name: 'calls without a result', unit: 'count', against, target: { oursAtMost: 0 } },
        [sum(rounds.values('ours', 'errors'))],
        [sum(rounds.values('floor', 'errors'))],
      ),
    ];
  },
};

type Served = Awaited<ReturnType<typeof start>>;

/** @param token read once the server serves */
async function start(command: Command, token: () => string) {
  const program = startNode(command);
  program.child.stdout.resume();
  const port = Number(new URL(await program.servingUrl()).port);
  const agent = new Agent({ keepAlive: true });
  const close = async () => {
    agent.destroy();
    await program.stop();
  };
  return { target: { port, token: token(), agent }, close };
}

/** Each MCP session makes its calls one after the other. */
async function callAll(
  callers: readonly HttpCaller[],
  tool: string,
): Promise<{ perSecond: number; errors: number }> {
  let errors = 0;
  const calls = async (caller: HttpCaller): Promise<void> => {
    for (let n = 0; n < CALLS; n++) {
      const { status, text } = await caller.post(tool);
      if (status !== 200 || !text.includes('"result"') || text.includes('"isError":true')) {
        errors += 1;
      }
    }
  };
  const ms = await timed(() => Promise.all(callers.map(calls)));
  return { perSecond: ((callers.length * CALLS) / ms) * 1000, errors };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
