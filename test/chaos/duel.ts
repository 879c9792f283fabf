/**
 * The one story that the fences are for, told on purpose: a server stands still in the middle of a turn,
 * another takes the session over and works on, then the first goes on from where it stood.
 */

import { RigPlace } from '../rig/place.ts';
import { within } from '../rig/run.ts';
import { standStill } from '../support/stand-still.ts';
import { violationsOf } from './checks.ts';
import { promptOf } from './child-runner.ts';
import { Database } from './database.ts';
import { gather, readWitness } from './evidence.ts';
import { ChaosServer } from './fleet.ts';
import type { GuardKind } from './guards.ts';
import type { Mutant } from './mutants.ts';

/** A server that only gets no time to run must not lose its lease: that would be another story. */
const LEASE_TIMES = { leaseMs: 4000, renewMs: 500, selfFenceMs: 3200 };
/** Still running when the story is over, on the slowest machine. */
const ENDLESS = promptOf({ steps: 100_000, stepMs: 50, leaves: true });
const MAX_LIVE = 4;
const STORY_MS_MAX = 60_000;
/** What late writers have, after the first server has answered again: two leases. */
const SETTLE_MS = 2 * LEASE_TIMES.leaseMs;
/** Turns are under way and processes alive, as they should be. */
const UNDER_WAY = /^(not one end per turn|process left):/;

/** Returns what the checks say; returns early once they say something of the `expected` kind. */
export async function duel(
  mutant: Mutant,
  expected?: RegExp,
  guard: GuardKind = 'auto',
): Promise<readonly string[]> {
  const place = await RigPlace.open();
  const flags = ['--max-live', `${MAX_LIVE}`];
  const options = { place, flags, leaseTimes: LEASE_TIMES, mutant, guard };
  const servers = [
    await ChaosServer.start('first', options),
    await ChaosServer.start('second', options),
  ] as const;
  const database = new Database(place.stateDirectory);
  try {
    await tell(place, database, ...servers);
    let violations: readonly string[] = [];
    await within(expected === undefined ? SETTLE_MS : STORY_MS_MAX, async () => {
      const rest = { ledger: [], kills: [], stops: [], maxLive: MAX_LIVE };
      const evidence = await gather(place, database, rest);
      violations = violationsOf(evidence).filter((line) => !UNDER_WAY.test(line));
      return expected !== undefined && violations.some((line) => expected.test(line));
    });
    return violations;
  } finally {
    database.close();
    for (const server of servers) server.kill();
    await Promise.all(servers.map((server) => server.program.ended));
    await place.remove();
  }
}

async function tell(
  place: RigPlace,
  database: Database,
  first: ChaosServer,
  second: ChaosServer,
): Promise<void> {
  const underWay = (turnId = '') =>
    until(`turn ${turnId} has taken steps`, () => {
      const steps = readWitness(place).filter(
        (line) => line.kind === 'step' && line.turnId === turnId,
      );
      return steps.length > 2;
    });
  const { session, turn } = await first.call('create_session', { prompt: ENDLESS });
  await underWay(turn?.id);
  await standStill(first.program.pid, place.stateDirectory);
  const { id: sessionId } = session;
  await second.call('attach_session', { sessionId });
  await until('the second server has taken over', async () => {
    const state = database.turns().find(({ id }) => id === turn?.id)?.state;
    if (state === 'running') await second.ask('interrupt_session', { sessionId });
    return state === 'lost';
  });
  const next = await second.call('send_prompt', { sessionId, prompt: ENDLESS });
  await underWay(next.turn.id);
  first.signal('SIGCONT');
  await first.call('get_metrics');
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await within(STORY_MS_MAX, isSo))) throw new Error(`waited in vain until ${what}`);
}
