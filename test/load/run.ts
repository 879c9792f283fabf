/** One run of everything, against one built program over loopback. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from '../chaos/report.ts';
import { makeFolder, startBuiltHttp } from '../support/built.ts';
import { residentMib } from '../support/gauge.ts';
import { checkCrossTalk } from './cross-talk.ts';
import { floodDeaf } from './deaf.ts';
import { floodHalfOpen, floodInitialize, sendWide } from './floods.ts';
import { measureLatency, openStreams } from './latency.ts';
import type { MemoryMib } from './memory.ts';
import { Wire } from './wire.ts';

const PRINCIPALS = 5;
const WIDE_MIB_MAX = 100;

export type LoadOptions = {
  readonly initializes: number;
  readonly halfOpen: number;
  readonly sessions: number;
  readonly calls: number;
  readonly mcpSessions: number;
  readonly each: number;
  /** Of the client that never reads. */
  readonly deafRequests: number;
  say(line: string): void;
};

export async function runLoad(options: LoadOptions): Promise<Verdict> {
  const { initializes, halfOpen, sessions, calls, mcpSessions, each, deafRequests, say } = options;
  const folder = await makeFolder('load');
  const made = Array.from({ length: 2 * PRINCIPALS }, (_, n) => `${n}-token-of-a-load-run`);
  // Those that are looked at have made nothing before.
  const [tokens, fresh] = [made.slice(PRINCIPALS), made.slice(0, PRINCIPALS)];
  const tokenFile = join(folder.directory, 'tokens');
  const lines = made.map((token, n) => `principal-${n}:${token}\n`);
  await writeFile(tokenFile, lines.join(''), { mode: 0o600 });
  const flags = ['--token-file', tokenFile, '--rate-limit', '100000'];
  const program = await startBuiltHttp([...folder.flags, ...flags]);
  const wire = new Wire(program.url);
  const target = { wire, tokens, pid: program.child.pid };
  const violations: string[] = [];

  const startMib = residentMib(program.child.pid);
  say('one MCP session makes 100 calls');
  const alone = await measureLatency(wire, tokens, { sessions: 1, calls: 100 });
  say(`${sessions} MCP sessions make ${calls} calls each`);
  const latency = await measureLatency(wire, tokens, { sessions, calls });
  say('a message with a million elements');
  const wide = await sendWide(target);
  say(`${halfOpen} connections that send half a request`);
  const half = await floodHalfOpen(target, halfOpen);
  say(`${mcpSessions} MCP sessions make ${each} Claude sessions each`);
  const crossTalk = await checkCrossTalk(
    { wire, tokens: fresh, violations },
    { mcpSessions, each },
  );
  say(`${initializes} times initialize, and then nothing`);
  const flood = await floodInitialize(target, initializes);

  say('and is stopped, with a stream open for each MCP session');
  const streams = await openStreams(wire, tokens, sessions);
  const stopping = performance.now();
  const code = await program.stop();
  const stoppedAfterMs = Math.round(performance.now() - stopping);
  wire.close();
  say('a client on standard input that never reads');
  const deaf = await floodDeaf(folder.flags, deafRequests);
  if (deaf.code !== 0) violations.push(`exit code ${deaf.code} under a client that never reads`);
  if (code !== 0) violations.push(`exit code ${code}`);
  if (wide.status !== 400) violations.push(`a million elements were answered ${wide.status}`);
  const wideMib = wide.memoryMib.most - wide.memoryMib.before;
  if (wideMib > WIDE_MIB_MAX) violations.push(`a million elements cost ${wideMib} MiB`);
  if (violations.length === 0) await folder.remove();
  const summary = {
    startMib,
    latencyAlone: { ...alone },
    latency: { ...latency },
    wideMessage: {
      bytes: wide.bytes,
      status: wide.status,
      answeredAfterMs: Math.round(wide.answeredAfterMs),
    },
    wideMessageMib: shown(wide.memoryMib),
    halfOpen: {
      connections: half.connections,
      closedAfterMs: Math.round(half.closedAfterMs),
      slowestPingMs: Math.round(half.slowestPingMs),
    },
    halfOpenMib: shown(half.memoryMib),
    crossTalk: { ...crossTalk },
    initializes: { ...flood.statuses },
    initializesMib: shown(flood.memoryMib),
    stop: { streams, stoppedAfterMs },
    deafClient: { taken: deaf.taken, stoppedAfterMs: deaf.stoppedAfterMs },
    deafClientMib: shown(deaf.memoryMib),
  };
  return { summary, violations, directory: folder.directory };
}

const shown = ({ before, most, after }: MemoryMib) => ({ before, most, after });
