/** Whether size costs anything: the same calls on a store with a hundred thousand sessions and on one with a few. */

import { type Call, callSide, EVENTS_READ, readCalls, writeCalls } from '../calls.ts';
import type { Figure, Target } from '../figures.ts';
import { alternate, timed } from '../rounds.ts';
import { RpcProcess } from '../rpc.ts';
import type { Scale } from '../scale.ts';
import { IDLE_STEP, sessionId } from '../stores.ts';
import { held } from './calls.ts';
import type { Bench, Row } from './row.ts';

const FEW = 10;
const HUNDRED = 100;
const AT_MOST: Target = { ratioAtMost: 1.2 };
const AT_LEAST: Target = { ratioAtLeast: 1 / 1.2 };
const HOUR_MS = 3_600_000;

export const scale: Row = {
  name: 'scale',
  about: 'the same calls with many sessions in the store, against ten',
  async run(bench) {
    const { place, scale, say } = bench;
    const open = async (sessions: number) =>
      started(bench, await place.state({ sessions, logged: FEW }), held(bench));
    const few = await open(FEW);
    const many = await open(scale.many);
    const figures: Figure[] = [];
    const calls = { ...readCalls(FEW), ...writeCalls(FEW) };
    for (const [name, call] of Object.entries(calls)) {
      say(name);
      const counts = name in writeCalls(FEW) ? sparse(scale) : scale;
      const rounds = await alternate(scale.rounds, {
        many: callSide(many, call, counts),
        few: callSide(few, call, counts),
      });
      const sides = { ours: 'many', base: 'few' } as const;
      const against = 'the same with 10 sessions';
      figures.push(
        rounds.figure(
          { name: `${name}, latency`, unit: 'ms', against, target: AT_MOST },
          'latencyMs',
          sides,
        ),
        rounds.figure(
          { name: `${name}, 32 in flight`, unit: '/s', against, target: AT_LEAST },
          'perSecond',
          sides,
        ),
      );
    }
    await Promise.all([few.close(), many.close()]);
    return [...figures, ...(await sums(bench)), await longLog(bench)];
  },
};

/** A session takes so many queued prompts and tasks; ten sessions must do for all rounds. */
function sparse(scale: Scale): Scale {
  return { ...scale, calls: Math.min(scale.calls, 60), burst: 64, warmUp: 0 };
}

async function started(
  { place }: Bench,
  state: string,
  args: readonly string[] = [],
): Promise<RpcProcess> {
  const server = new RpcProcess(place.ours(state, ['--max-sessions', '1000000', ...args]));
  await server.initialize();
  return server;
}

/** What goes over all sessions: the sums, and the end of the ten that are idle. */
async function sums(bench: Bench): Promise<readonly Figure[]> {
  const { place, scale, say } = bench;
  const idle = IDLE_STEP * (scale.rounds + 1);
  const open = async (sessions: number) =>
    started(bench, await place.state({ sessions: sessions + idle, logged: FEW, idle }));
  const few = await open(HUNDRED);
  const many = await open(scale.many);
  const against = 'the same with 100 sessions';
  say('get_metrics and cleanup_sessions');
  const metrics = readCalls(FEW).get_metrics as Call;
  const measured = await alternate(scale.rounds, {
    many: callSide(many, metrics, scale),
    few: callSide(few, metrics, scale),
  });
  const cleaned = await alternate(scale.rounds, {
    many: (round) => cleanUp(many, scale.rounds - round),
    few: (round) => cleanUp(few, scale.rounds - round),
  });
  await Promise.all([few.close(), many.close()]);
  const sides = { ours: 'many', base: 'few' } as const;
  return [
    measured.figure(
      { name: 'get_metrics, latency', unit: 'ms', against, target: AT_MOST },
      'latencyMs',
      sides,
    ),
    cleaned.figure(
      { name: 'cleanup_sessions of ten', unit: 'ms', against, target: AT_MOST },
      'ms',
      sides,
    ),
  ];
}

/** The ten sessions that have been idle for longest: `hours` and a half. */
async function cleanUp(server: RpcProcess, hours: number): Promise<{ ms: number }> {
  let cleaned = 0;
  const ms = await timed(async () => {
    const maxAgeMs = hours * HOUR_MS;
    cleaned = (await server.call('cleanup_sessions', { maxAgeMs })).cleaned;
  });
  if (cleaned !== IDLE_STEP)
    throw new Error(`${cleaned} sessions were cleaned up, not ${IDLE_STEP}`);
  return { ms };
}

async function longLog(bench: Bench): Promise<Figure> {
  const { place, scale, say } = bench;
  say(`read_events at event ${scale.longLog}`);
  const state = await place.state({ sessions: FEW, logged: FEW, longLog: scale.longLog });
  const server = await started(bench, state);
  const readAt =
    (after: number): Call =>
    (to) =>
      to.post('read_events', { sessionId: sessionId(1), after, limit: EVENTS_READ });
  const rounds = await alternate(scale.rounds, {
    late: callSide(server, readAt(scale.longLog - EVENTS_READ), scale),
    early: callSide(server, readAt(HUNDRED), scale),
  });
  await server.close();
  const name = `read_events at event ${scale.longLog.toLocaleString('en-GB')}`;
  return rounds.figure(
    { name, unit: 'ms', against: 'at event 100', target: AT_MOST },
    'latencyMs',
    { ours: 'late', base: 'early' },
  );
}
