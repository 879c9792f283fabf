/** One chaos run: servers, load and faults for a time, then peace, then the verdict. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { RigPlace } from '../rig/place.ts';
import { type Random, seeded } from '../rig/random.ts';
import { countOf } from '../rig/report.ts';
import { longRun, within } from '../rig/run.ts';
import { stateOf } from './check-witness.ts';
import { violationsOf } from './checks.ts';
import { Database } from './database.ts';
import { type Evidence, gather } from './evidence.ts';
import { type Faults, Slot } from './fleet.ts';
import { GUARD_KINDS } from './guards.ts';
import { Load } from './load.ts';
import { LAPSED, MUTANTS, REFUSED } from './mutants.ts';

const LEASE_TIMES = { leaseMs: 1500, renewMs: 300, selfFenceMs: 1200 };
const MAX_LIVE = 6;
const FLAGS = ['--max-live', `${MAX_LIVE}`, '--idle-evict-ms', '1500'];
const CALLERS_PER_SERVER = 3;
const OPEN_TURNS_MAX = 40;
const KILL_SHARE = 0.6;
const PROGRESS_MS = 10_000;
const DRAIN_MS_MAX = 90_000;
/** Late writers get this long to show themselves. */
const SETTLE_MS = 2.6 * LEASE_TIMES.leaseMs;
/** A shorter run proves nothing by how much it gets done. */
const DEMAND_SECONDS = 60;
/** Half of what the slowest machine that we know does, so that an empty run does not pass. */
const LEAST_PER_SECOND = { acknowledged: 4, completed: 0.5, faults: 0.6 };

export const chaos = longRun({
  flags: {
    seconds: 60,
    seed: 1,
    guard: GUARD_KINDS,
    servers: 4,
    sessions: 20,
    mutant: MUTANTS,
    /** Of the least that must get done, in percent: a machine with other work gets less done. */
    percent: 100,
  },

  async run(
    { place, violations, say },
    { seconds, seed, servers, sessions, mutant, percent, guard },
  ) {
    const random = seeded(seed);
    const faults: Faults = { kills: [], stops: [], crashes: [] };
    const options = { place, flags: FLAGS, leaseTimes: LEASE_TIMES, mutant, guard };
    const slots = Array.from(
      { length: servers },
      (_, n) => new Slot(`server-${n}`, options, faults),
    );
    await Promise.all(slots.map((slot) => slot.up()));
    const database = new Database(place.stateDirectory);
    const load = new Load({ random, database, sessions, openTurnsMax: OPEN_TURNS_MAX, violations });
    const progress = setInterval(() => {
      const done = `${load.ledger.length} acknowledged, ${database.openTurns().length} turns open`;
      say(`${done}, ${faults.kills.length} kills, ${faults.stops.length} stops`);
    }, PROGRESS_MS);
    const over = new AbortController();
    const callers = slots.flatMap((slot) =>
      Array.from({ length: CALLERS_PER_SERVER }, () => callOn(slot, load, random, over.signal)),
    );
    await doFaults(slots, random, seconds * 1000);
    over.abort();
    for (const slot of slots) slot.resume();
    say('the faults are over: waiting for every turn to end');
    await Promise.all(callers);
    await within(DRAIN_MS_MAX, () => database.openTurns().length === 0);
    const unended = database.openTurns().map((turn) => `turn never ended: ${JSON.stringify(turn)}`);
    violations.push(...unended, ...(await endAll(slots, database, load)));
    clearInterval(progress);
    await sleep(SETTLE_MS);
    await Promise.all(slots.map((slot) => slot.close()));

    const { ledger } = load;
    const rest = { ...faults, ledger, maxLive: MAX_LIVE };
    const evidence = await gather(place, database, rest);
    database.close();
    violations.push(...faults.crashes, ...violationsOf(evidence));
    const figures = figuresOf(evidence, load, place);
    if (seconds >= DEMAND_SECONDS) {
      violations.push(...shortfallsOf(figures, (seconds * percent) / 100));
    }
    return { seconds, ...figures, crashes: faults.crashes.length };
  },
});

function figuresOf(evidence: Evidence, load: Load, place: RigPlace) {
  const { events, kills, ledger, sessions, stops, witness } = evidence;
  const { calls, refusals, unanswered } = load;
  const said = countOf(place.logged().map(({ msg }) => msg));
  const logged = countOf(events.map(({ type }) => type));
  const ended = events.filter(({ type }) => type === 'turn_ended');
  const { completed = 0, interrupted = 0, failed = 0, lost = 0 } = countOf(ended.map(stateOf));
  return {
    sessions: sessions.length,
    turns: logged.prompt_queued ?? 0,
    completed,
    interrupted,
    failed,
    lost,
    cancelled: logged.prompt_cancelled ?? 0,
    /** Times that a turn went back to the queue. */
    requeued: events.filter(({ body }) => body.requeued === true).length,
    calls,
    acknowledged: ledger.length,
    byEffect: countOf(ledger.map(({ effect }) => effect)),
    refusals,
    unanswered,
    kills: kills.length,
    stops: stops.length,
    /** Sessions taken from another owner by recovery, and by claiming a turn. */
    takeovers: said['session taken over'] ?? 0,
    lapsedClaims: said[LAPSED] ?? 0,
    /** Processes that a server stopped because it had lost their lease. */
    selfFenced: said['lease lost, process stopped'] ?? 0,
    refusedWrites: said[REFUSED] ?? 0,
    events: events.length,
    witnessLines: witness.length,
    /** By message. */
    errorsLogged: countOf(place.defects()),
  };
}

/** What there was too little of, for a run of this many seconds on an idle machine. */
function shortfallsOf(figures: ReturnType<typeof figuresOf>, seconds: number): readonly string[] {
  const { acknowledged, completed, kills, stops, lost, requeued, takeovers } = figures;
  const done = { acknowledged, completed, faults: kills + stops };
  const few = (['acknowledged', 'completed', 'faults'] as const)
    .filter((name) => done[name] < LEAST_PER_SECOND[name] * seconds)
    .map((name) => `too little happened: ${done[name]} ${name}`);
  const isTaken = takeovers > 0 && lost + requeued > 0;
  return isTaken ? few : [...few, 'no turn was taken from a server'];
}

/** Calls until the end, on whichever server the slot has. */
async function callOn(slot: Slot, load: Load, random: Random, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const server = await slot.up();
    if (server !== undefined) await load.step(server);
    await sleep(random.between(40, 160));
  }
}

/** Every 0.4 to 1.1 s a server dies, or stands still for a while. */
async function doFaults(slots: readonly Slot[], random: Random, durationMs: number): Promise<void> {
  const until = performance.now() + durationMs;
  for (;;) {
    const pause = random.between(400, 1100);
    const left = until - performance.now();
    await sleep(Math.max(0, Math.min(pause, left)));
    if (pause > left) return;
    const slot = random.pick(slots);
    const stopMs = random.between(750, 3750);
    if (random.chance(KILL_SHARE)) slot?.kill();
    else slot?.stop(stopMs);
  }
}

/** Ends all sessions, over all servers. Returns what could not be ended. */
async function endAll(
  slots: readonly Slot[],
  database: Database,
  load: Load,
): Promise<readonly string[]> {
  const ending = database.openSessions().map(async (id, index) => {
    const server = await slots[index % slots.length]?.up();
    const isEnded = server !== undefined && (await load.end(server, id));
    return isEnded ? [] : [`${id} could not be ended`];
  });
  return (await Promise.all(ending)).flat();
}
