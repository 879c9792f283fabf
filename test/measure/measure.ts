/** How soon an interrupt has stopped a turn, and how far a great volume of output moves the server's memory. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { whileMeasured } from '../rig/memory.ts';
import type { RigPlace } from '../rig/place.ts';
import { quantile } from '../rig/report.ts';
import { longRun, type Rig, within } from '../rig/run.ts';
import { Done, Life } from '../soak/life.ts';
import type { Step } from '../support/messages-api.ts';
import { makeScriptedClaude } from '../support/program.ts';

/** A turn is stopped after this long: nothing of its beginning is measured. */
const UNDER_WAY_MS = 300;
const SHELL_MS_MAX = 30_000;
const WAIT_MS = 50_000;

export const measure = longRun({
  flags: { interrupts: 20, mib: 1024 },

  async run(rig, { interrupts, mib }) {
    rig.say(`${interrupts} interrupts of an answer, and of a shell`);
    const interruptMsInTheStream = await measureInterrupts(rig, 'stream', interrupts);
    const interruptMsInATool = await measureInterrupts(rig, 'tool', interrupts);
    rig.say(`${mib} MiB of words, and of a shell's output`);
    const wordsOfClaude = await measureVolume(rig, 'words', mib);
    const outputOfAShell = await measureVolume(rig, 'shell', mib);
    return { interruptMsInTheStream, interruptMsInATool, wordsOfClaude, outputOfAShell };
  },
});

/**
 * Milliseconds from the call to the answer that says that the turn has stopped.
 *
 * @param stopped what the turn does at that moment: an answer streams, or a shell runs
 */
export async function measureInterrupts(rig: Rig, stopped: 'stream' | 'tool', count: number) {
  const { client, life } = await openSession(rig, `${stopped}-interrupted`);
  await life.turn([{ text: 'warm' }], 'completed');
  const taken: number[] = [];
  while (taken.length < count) {
    await (stopped === 'stream' ? beginStream(life, rig.place) : beginTool(life));
    await sleep(UNDER_WAY_MS);
    const from = performance.now();
    const turn = await life.interrupt();
    taken.push(performance.now() - from);
    if (turn?.state !== 'interrupted') rig.violations.push(`the turn is ${turn?.state}`);
  }
  await client.close();
  return { count, median: quantile(taken, 0.5), most: quantile(taken, 1) };
}

/** Returns once the answer streams. */
async function beginStream(life: Life, { api }: RigPlace): Promise<void> {
  const words = randomUUID();
  await life.send([{ text: words, hang: 'mid' }]);
  await api.waitForRequest(({ body }) => JSON.stringify(body?.messages ?? '').includes(words));
}

/** Returns once the shell runs. */
async function beginTool(life: Life): Promise<void> {
  const file = join(life.directory, randomUUID());
  await life.send([{ tool: 'Bash', input: { command: `touch ${file}; tail -f /dev/null` } }]);
  await within(SHELL_MS_MAX, () => existsSync(file));
}

/**
 * @param source `words`: Claude says it, a scripted one, and the log keeps all of it. `shell`: a command prints it, and
 *   the real Claude Code shows a part of it
 */
export async function measureVolume(rig: Rig, source: 'words' | 'shell', mib: number) {
  const { scratch } = rig.place;
  const flags = source === 'words' ? ['--claude-path', await makeScriptedClaude(scratch)] : [];
  const { client, life } = await openSession(rig, source, flags);
  // Reads nothing of the log: only the server is measured.
  const print = async (volume: number) => {
    await life.send(source === 'words' ? `flood ${volume}` : printing(volume));
    const args = { sessionIds: [life.id], until: 'turn_end', waitMs: WAIT_MS };
    while ((await client.call('wait_sessions', args)).ready.length === 0);
  };
  // Loads what is loaded once: the measured turn is one of many of a server at work.
  await print(1);
  const from = performance.now();
  const { memoryMib } = await whileMeasured(client.pid, () => print(mib));
  const seconds = Math.round((performance.now() - from) / 1000);
  const { session } = await client.call('get_session', { sessionId: life.id });
  const { completed } = session.turns;
  if (completed !== 2) rig.violations.push(`${completed} of 2 turns of ${source} were completed`);
  await client.close();
  const { before, most } = memoryMib;
  const movedMib = most - before;
  return { mib, seconds, residentMibBefore: before, residentMibMost: most, movedMib };
}

function printing(mib: number): Step[] {
  const command = `head -c ${mib}M /dev/zero | tr '\\\\0' x | fold -w 100`;
  return [{ tool: 'Bash', input: { command } }, { text: 'printed' }];
}

/** A session of a server of its own, which has a state directory of its own. */
async function openSession(rig: Rig, name: string, flags: readonly string[] = []) {
  const state = ['--state-dir', join(rig.place.scratch, `state-${name}`)];
  const client = await rig.place.connect('v2 legacy', [...state, ...flags]);
  const life = new Life({ ...rig, client, done: new Done() }, name);
  await life.begin();
  return { client, life };
}
