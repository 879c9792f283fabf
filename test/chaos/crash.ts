/** One server killed again and again in the middle of its work: what it had acknowledged must be there. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LEASE_TIMES } from '../../src/process-limits.ts';
import { seeded } from '../rig/random.ts';
import { quantile } from '../rig/report.ts';
import { longRun } from '../rig/run.ts';
import { effectsLost } from './check-effects.ts';
import { violationsOf } from './checks.ts';
import { Database } from './database.ts';
import { gather } from './evidence.ts';
import { ChaosServer, type Fault } from './fleet.ts';
import { GUARD_KINDS } from './guards.ts';
import { Load } from './load.ts';

const MAX_LIVE = 4;
const CALLERS = 8;
const LIFE_MS = [20, 500] as const;
/** Every ten rounds the whole database is checked, and all that was ever acknowledged. */
const AUDIT_ROUNDS = 10;

export const crash = longRun({
  flags: {
    rounds: 200,
    seed: 1,
    guard: GUARD_KINDS,
    /** The least that a round must get done, on average, to prove anything. */
    acknowledgedPerRound: 5,
  },

  async run({ place, violations, say }, { rounds, seed, acknowledgedPerRound, guard }) {
    const random = seeded(seed);
    const kills: Fault[] = [];
    const recoveries: number[] = [];
    const flags = ['--max-live', `${MAX_LIVE}`];
    const options = { place, flags, leaseTimes: LEASE_TIMES, mutant: 'none', guard } as const;
    const start = async () => {
      const startedAt = performance.now();
      const server = await ChaosServer.start('server', options);
      const { failure } = await server.ask('get_metrics');
      recoveries.push(performance.now() - startedAt);
      if (failure !== undefined) violations.push(`the first call failed: ${failure.message}`);
      return server;
    };
    let server = await start();
    const database = new Database(place.stateDirectory);
    const load = new Load({ random, database, sessions: 20, openTurnsMax: 60, violations });
    let [lost, audits] = [0, 0];
    /** Looks for what was acknowledged since an entry of the ledger. */
    const verify = (from: number) => {
      const found = effectsLost({
        ledger: load.ledger.slice(from),
        events: database.events(),
        sessions: database.sessions(),
        turns: database.turns(),
      });
      lost += found.length;
      violations.push(...found);
    };
    const audit = () => {
      audits += 1;
      const integrity = database.integrity();
      if (integrity !== 'ok') violations.push(`database damaged: ${integrity}`);
    };

    for (let round = 1; round <= rounds; round += 1) {
      const from = load.ledger.length;
      const callers = Array.from({ length: CALLERS }, () => callUntilDead(load, server));
      await sleep(random.between(...LIFE_MS));
      kills.push(server.kill());
      await server.program.ended;
      await Promise.all(callers);
      const isAudit = round % AUDIT_ROUNDS === 0;
      // Looked at before the next start, which must find it, and again at every audit.
      verify(isAudit ? 0 : from);
      if (isAudit) {
        audit();
        say(`${round} rounds, ${load.ledger.length} acknowledged, ${lost} lost`);
      }
      server = await start();
    }

    verify(0);
    for (const id of database.openSessions()) await load.end(server, id);
    await server.program.leave();
    audit();
    const { ledger, calls, unanswered } = load;
    const rest = { ledger, kills, stops: [], maxLive: MAX_LIVE };
    const evidence = await gather(place, database, rest);
    database.close();
    violations.push(...violationsOf(evidence));
    if (ledger.length < rounds * acknowledgedPerRound) {
      violations.push(`too little happened: ${ledger.length} acknowledged in ${rounds} rounds`);
    }
    return {
      rounds,
      calls,
      acknowledged: ledger.length,
      unanswered,
      turns: evidence.turns.length,
      sessions: evidence.sessions.length,
      integrityChecks: audits,
      lostAcknowledgements: lost,
      /** From the start of the process to its first answer. */
      recoveryMsMedian: quantile(recoveries, 0.5),
      recoveryMsMax: Math.max(...recoveries.map(Math.round)),
    };
  },
});

async function callUntilDead(load: Load, server: ChaosServer): Promise<void> {
  while (!server.isKilled && !server.hasEnded) {
    await load.step(server);
    // Nothing may have been called: a queue that is full asks for no prompt.
    await sleep(1);
  }
}
