/** Many clients at once over HTTP, against the SDK's own transport with a tool that does nothing. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { figureOf } from '../figures.ts';
import { HttpServer } from '../http.ts';
import { alternate, timed } from '../rounds.ts';
import type { Bench, Row } from './row.ts';

const SESSIONS = 1000;
const CALLS = 20;

export const http: Row = {
  name: 'http',
  about: 'many MCP sessions over HTTP, against a tool that does nothing',
  async run({ place, scale }: Bench) {
    const state = await place.state({ sessions: SESSIONS, logged: SESSIONS });
    const command = place.ours(state, ['http', '--port', '0', '--rate-limit', '1000000']);
    const ours = await HttpServer.start(command, () =>
      readFileSync(join(state, 'token'), 'utf8').trim(),
    );
    const floor = await HttpServer.start(place.program('floor-http.mjs'), () => '');
    const opened = (server: HttpServer) =>
      Promise.all(Array.from({ length: scale.httpSessions }, () => server.open()));
    const [ourIds, floorIds] = await Promise.all([opened(ours), opened(floor)]);
    const rounds = await alternate(scale.rounds, {
      ours: () => callAll(ours, ourIds, 'get_metrics'),
      floor: () => callAll(floor, floorIds, 'nothing'),
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

/** Each MCP session makes its calls one after the other. */
async function callAll(
  server: HttpServer,
  ids: readonly string[],
  tool: string,
): Promise<{ perSecond: number; errors: number }> {
  let errors = 0;
  const calls = async (id: string): Promise<void> => {
    for (let n = 0; n < CALLS; n++) if (!(await server.call(id, n, tool))) errors += 1;
  };
  const ms = await timed(() => Promise.all(ids.map(calls)));
  return { perSecond: ((ids.length * CALLS) / ms) * 1000, errors };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
