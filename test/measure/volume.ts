/** How far a session that prints a great deal moves the server's memory. */

import { Place } from '../soak/place.ts';
import { residentMib } from '../support/gauge.ts';
import type { Step } from '../support/messages-api.ts';
import { makeScriptedClaude } from '../support/program.ts';
import { MeasuredSession } from './session.ts';

const SAMPLE_MS = 50;

/**
 * `words`: Claude says it, a scripted one, and the log keeps all of it. `shell`: a command prints it, and the real
 * Claude Code shows of it what it shows.
 */
export type Source = 'words' | 'shell';

export type Volume = {
  readonly mib: number;
  readonly seconds: number;
  readonly residentMibBefore: number;
  readonly residentMibMost: number;
  readonly movedMib: number;
};

export async function measureVolume(source: Source, mib: number): Promise<Volume> {
  const place = await Place.make();
  const flags: Readonly<Record<string, string>> =
    source === 'words' ? { 'claude-path': await makeScriptedClaude(place.directory) } : {};
  const session = await MeasuredSession.open(place, flags);
  try {
    // Loads what is loaded once: the measured turn is one of many of a server at work.
    await session.turn(printing(source, 1));
    return await sampled(session, printing(source, mib), mib);
  } finally {
    await session.close();
  }
}

function printing(source: Source, mib: number): Step[] | string {
  if (source === 'words') return `flood ${mib}`;
  const command = `head -c ${mib}M /dev/zero | tr '\\\\0' x | fold -w 100`;
  return [{ tool: 'Bash', input: { command } }, { text: 'printed' }];
}

async function sampled(
  session: MeasuredSession,
  prompt: Step[] | string,
  mib: number,
): Promise<Volume> {
  const { pid } = session.client;
  const before = residentMib(pid);
  const from = performance.now();
  let most = before;
  const look = () => {
    most = Math.max(most, residentMib(pid));
  };
  const sampling = setInterval(look, SAMPLE_MS);
  await session.turn(prompt).finally(() => clearInterval(sampling));
  look();
  return {
    mib,
    seconds: Math.round((performance.now() - from) / 1000),
    residentMibBefore: before,
    residentMibMost: most,
    movedMib: most - before,
  };
}
