/** Everything that a run leaves behind, gathered once it is over, for the checks to judge. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processesWith } from '../demo/processes.ts';
import type { RigPlace } from '../rig/place.ts';
import type { Database, EventRow, SessionRow, TurnRow } from './database.ts';
import type { Fault, Stop } from './fleet.ts';
import type { Ack } from './load.ts';

/**
 * What a session's process wrote outside the database: that it began, a step of a turn, or a beat of a
 * process that a turn left behind.
 */
export type WitnessLine = {
  readonly kind: 'open' | 'step' | 'beat';
  readonly sessionId: string;
  /** One process tree. */
  readonly marker: string;
  /** Of `open`, the server that started it. */
  readonly serverPid?: number;
  readonly turnId?: string;
  readonly n: number;
  /** Epoch milliseconds, with fractions. */
  readonly at: number;
};

export type Evidence = {
  readonly ledger: readonly Ack[];
  readonly events: readonly EventRow[];
  readonly sessions: readonly SessionRow[];
  readonly turns: readonly TurnRow[];
  /** The sums of the principal, by name. */
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly witness: readonly WitnessLine[];
  readonly kills: readonly Fault[];
  readonly stops: readonly Stop[];
  /** The names of the attachments that are still there. */
  readonly files: readonly string[];
  /** Processes of the run that are still alive. */
  readonly survivors: readonly string[];
  readonly integrity: string;
  /** The maximum number of turns that run at once. */
  readonly maxLive: number;
};

/** Outside the roots of the servers. */
export function witnessDirectoryOf(place: RigPlace): string {
  return join(place.scratch, 'witness');
}

export async function gather(
  place: RigPlace,
  database: Database,
  rest: Pick<Evidence, 'ledger' | 'kills' | 'stops' | 'maxLive'>,
): Promise<Evidence> {
  const kept = join(place.stateDirectory, 'attachments');
  return {
    ...rest,
    events: database.events(),
    sessions: database.sessions(),
    turns: database.turns(),
    metrics: database.metrics(),
    integrity: database.integrity(),
    witness: readWitness(place),
    files: existsSync(kept) ? readdirSync(kept) : [],
    // Servers and their children carry it on their command lines.
    survivors: await processesWith(place.scratch),
  };
}

/** The lines of all sessions, each session's in the order of their times. */
export function readWitness(place: RigPlace): readonly WitnessLine[] {
  const directory = witnessDirectoryOf(place);
  return readdirSync(directory).flatMap((sessionId) => {
    const text = readFileSync(join(directory, sessionId), 'utf8');
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => parseWitness(sessionId, line)).sort((a, b) => a.at - b.at);
  });
}

function parseWitness(sessionId: string, line: string): WitnessLine {
  const [kind, marker = '', what = '', n, seconds] = line.split(' ');
  const rest = { sessionId, marker, n: Number(n), at: Number(seconds) * 1000 };
  if (kind === 'open') return { ...rest, kind, serverPid: Number(what) };
  if (kind === 'step' || kind === 'beat') return { ...rest, kind, turnId: what };
  throw new Error(`witness of ${sessionId}: ${line}`);
}
