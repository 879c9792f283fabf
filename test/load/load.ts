/** What many clients, and hostile ones, cost the built program over HTTP. Takes some minutes. */

import { writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { longRun } from '../rig/run.ts';
import { residentMib } from '../support/gauge.ts';
import { checkCrossTalk } from './cross-talk.ts';
import { floodDeaf, floodHalfOpen, floodInitialize, sendWide } from './floods.ts';
import { measureLatency, openCallers } from './latency.ts';

const PRINCIPALS = 5;
const CONNECTIONS = 64;
const WIDE_MIB_MAX = 100;

export const load = longRun({
  flags: {
    initializes: { usual: 50_000, least: 0 },
    halfOpen: { usual: 2000, least: 0 },
    sessions: 200,
    calls: 20,
    mcpSessions: 500,
    /** Claude sessions of an MCP session. */
    each: 100,
    /** Of the client that never reads. */
    deafRequests: 100_000,
  },

  async run({ place, violations, say }, options) {
    const { initializes, halfOpen, sessions, calls, mcpSessions, each, deafRequests } = options;
    const made = Array.from({ length: 2 * PRINCIPALS }, (_, n) => `${n}-token-of-a-load-run`);
    // Those that are looked at have made nothing before.
    const [fresh, tokens] = [made.slice(0, PRINCIPALS), made.slice(PRINCIPALS)];
    const tokenFile = join(place.scratch, 'tokens');
    const lines = made.map((token, n) => `principal-${n}:${token}\n`);
    await writeFile(tokenFile, lines.join(''), { mode: 0o600 });
    const program = await place.startHttp(['--token-file', tokenFile, '--rate-limit', '100000']);
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const target = Object.assign(program, { agent });

    const startMib = residentMib(program.pid);
    say('one MCP session makes 100 calls');
    const latencyAlone = await measureLatency(target, tokens, { sessions: 1, calls: 100 });
    say(`${sessions} MCP sessions make ${calls} calls each`);
    const latency = await measureLatency(target, tokens, { sessions, calls });
    say('a message with a million elements');
    const wide = await sendWide(target, tokens[0]);
    say(`${halfOpen} connections that send half a request`);
    const half = await floodHalfOpen(target, halfOpen);
    say(`${mcpSessions} MCP sessions make ${each} Claude sessions each`);
    const crossTalk = await checkCrossTalk(target, fresh, { mcpSessions, each, violations });
    say(`${initializes} times initialize, and then nothing`);
    const flood = await floodInitialize(target, tokens, initializes);
    say('the program is stopped, with a stream open for each MCP session');
    const callers = await openCallers(target, tokens, sessions);
    const statuses = await Promise.all(callers.map((caller) => caller.stream()));
    const stopping = performance.now();
    const { code } = await program.stop();
    const stoppedAfterMs = Math.round(performance.now() - stopping);
    agent.destroy();
    say('a client on standard input that never reads');
    const deaf = await floodDeaf(place.start({ keepsOutput: false }), deafRequests);

    if (deaf.code !== 0) violations.push(`exit code ${deaf.code} under a client that never reads`);
    if (code !== 0) violations.push(`exit code ${code}`);
    if (wide.result.status !== 400) {
      violations.push(`a million elements were answered ${wide.result.status}`);
    }
    const wideMib = wide.memoryMib.most - wide.memoryMib.before;
    if (wideMib > WIDE_MIB_MAX) violations.push(`a million elements cost ${wideMib} MiB`);
    return {
      startMib,
      latencyAlone,
      latency,
      wideMessage: wide.result,
      wideMessageMib: wide.memoryMib,
      halfOpen: half.result,
      halfOpenMib: half.memoryMib,
      crossTalk,
      initializes: flood.result,
      initializesMib: flood.memoryMib,
      stop: { streams: statuses.filter((status) => status === 200).length, stoppedAfterMs },
      deafClient: deaf.result,
      deafClientMib: deaf.memoryMib,
    };
  },
});
