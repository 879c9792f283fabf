/** How soon an interrupt has stopped a turn, and how far a great volume of output moves the server's memory. */

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { whileMeasured } from '../rig/memory.ts';
import type { RigPlace } from '../rig/place.ts';
import { quantile } from '../rig/report.ts';
import { longRun, within } from '../rig/run.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import { type Step, script } from '../support/messages-api.ts';
import { makeScriptedClaude } from '../support/program.ts';

/** A turn is stopped after this long: nothing of its beginning is measured. */
const UNDER_WAY_MS = 300;
const SHELL_MS_MAX = 30_000;
const WAIT_MS = 50_000;

export const measure = longRun({
  flags: { interrupts: 20, mib: 1024 },

  async run({ place, say }, { interrupts, mib }) {
    say(`${interrupts} interrupts of an answer, and of a shell`);
    const interruptMsInTheStream = await measureInterrupts(place, 'stream', interrupts);
    const interruptMsInATool = await measureInterrupts(place, 'tool', interrupts);
    say(`${mib} MiB of words, and of a shell's output`);
    const wordsOfClaude = await measureVolume(place, 'words', mib);
    const outputOfAShell = await measureVolume(place, 'shell', mib);
    return { interruptMsInTheStream, interruptMsInATool, wordsOfClaude, outputOfAShell };
  },
});

/**
 * Milliseconds from the call to the answer that says that the turn has stopped.
 *
 * @param stopped what the turn does at that moment: an answer streams, or a shell runs
 */
export async function measureInterrupts(
  place: RigPlace,
  stopped: 'stream' | 'tool',
  count: number,
) {
  const session = await MeasuredSession.open(place, `${stopped}-interrupted`);
  await session.turn(script([{ text: 'warm' }]));
  const taken: number[] = [];
  while (taken.length < count) {
    await session.send(...(stopped === 'stream' ? stream(place) : tool(session.directory)));
    await sleep(UNDER_WAY_MS);
    taken.push(await session.interrupt());
  }
  await session.close();
  return { count, median: quantile(taken, 0.5), most: quantile(taken, 1) };
}

/** A prompt, and what waits until its turn is under way. */
type Begun = [prompt: string, isUnderWay: () => Promise<unknown>];

function stream({ api }: RigPlace): Begun {
  const words = randomUUID();
  const isAsked = (messages: unknown) => JSON.stringify(messages ?? '').includes(words);
  return [
    script([{ text: words, hang: 'mid' }]),
    () => api.waitForRequest(({ body }) => isAsked(body?.messages)),
  ];
}

function tool(directory: string): Begun {
  const file = join(directory, randomUUID());
  const step: Step = { tool: 'Bash', input: { command: `touch ${file}; tail -f /dev/null` } };
  return [script([step]), () => within(SHELL_MS_MAX, () => existsSync(file))];
}

/**
 * @param source `words`: Claude says it, a scripted one, and the log keeps all of it. `shell`: a command prints it, and
 *   the real Claude Code shows a part of it
 */
export async function measureVolume(place: RigPlace, source: 'words' | 'shell', mib: number) {
  const flags =
    source === 'words' ? ['--claude-path', await makeScriptedClaude(place.scratch)] : [];
  const session = await MeasuredSession.open(place, source, flags);
  const print = (volume: number) => session.turn(printing(source, volume));
  // Loads what is loaded once: the measured turn is one of many of a server at work.
  await print(1);
  const from = performance.now();
  const { memoryMib } = await whileMeasured(session.client.pid, () => print(mib));
  const seconds = Math.round((performance.now() - from) / 1000);
  await session.close();
  const { before, most } = memoryMib;
  const movedMib = most - before;
  return { mib, seconds, residentMibBefore: before, residentMibMost: most, movedMib };
}

function printing(source: 'words' | 'shell', mib: number): string {
  if (source === 'words') return `flood ${mib}`;
  const command = `head -c ${mib}M /dev/zero | tr '\\\\0' x | fold -w 100`;
  return script([{ tool: 'Bash', input: { command } }, { text: 'printed' }]);
}

/** One session of a server of its own, whose turns are measured. */
class MeasuredSession {
  readonly client: SdkClient;
  readonly directory: string;
  readonly #id: string;

  private constructor(client: SdkClient, directory: string, id: string) {
    this.client = client;
    this.directory = directory;
    this.#id = id;
  }

  static async open(place: RigPlace, name: string, flags: readonly string[] = []) {
    const state = ['--state-dir', join(place.scratch, `state-${name}`)];
    const client = await place.connect('v2 legacy', [...state, ...flags]);
    const workingDirectory = place.folder(name);
    const args = { workingDirectory, allowedTools: ['Bash'] };
    const { session } = await client.call('create_session', args);
    return new MeasuredSession(client, workingDirectory, session.id);
  }

  /** Sends a prompt, and waits until its turn is under way. */
  async send(prompt: string, isUnderWay: () => Promise<unknown>): Promise<void> {
    await this.client.call('send_prompt', { sessionId: this.#id, prompt });
    await isUnderWay();
  }

  /** Runs a turn to its end, which must be a good one. */
  async turn(prompt: string): Promise<void> {
    const args = { sessionIds: [this.#id], until: 'turn_end', waitMs: WAIT_MS };
    await this.send(prompt, async () => {
      while ((await this.client.call('wait_sessions', args)).ready.length === 0);
    });
    const { session } = await this.client.call('get_session', { sessionId: this.#id });
    if (session.turns.failed > 0) throw new Error(`a turn failed: ${JSON.stringify(session)}`);
  }

  /** Milliseconds from the call to its answer; the turn must have been interrupted. */
  async interrupt(): Promise<number> {
    const from = performance.now();
    const { turn } = await this.client.call('interrupt_session', { sessionId: this.#id });
    if (turn?.state !== 'interrupted') throw new Error(`the turn is ${turn?.state}`);
    return performance.now() - from;
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}
