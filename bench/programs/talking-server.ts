/**
 * Our server on standard input and output with a runner that needs no Claude Code: `talking-server.ts STATE ROOT`. A
 * prompt `COUNT GAP` makes it say so many texts, each with the time it was said at: as fast as they are taken where the
 * gap is 0, and otherwise one every so many milliseconds.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { assemble } from '../../src/app.ts';
import { readSettings } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import type { Run, RunListener, Runner, RunSpec } from '../../src/runner/runner.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { serveStdio } from '../../src/transport/stdio/stdio.ts';

/** What a sentence of Claude's is long, beside the time. */
const WORDS =
  'I have read the module and found where the state is changed without the lock. '.repeat(2);
/** As many messages as come in one chunk of a process's output. */
const SAID_AT_ONCE = 50;

class TalkingRun implements Run {
  readonly process;
  readonly #listener: RunListener;

  constructor({ marker }: RunSpec, listener: RunListener) {
    // A pid that no process has.
    this.process = { pid: 2 ** 30, startTime: randomUUID(), bootId: 'bench', marker };
    this.#listener = listener;
  }

  async isCurrent(): Promise<boolean> {
    return true;
  }

  prompt(turnId: string, text: string): void {
    const [count = 0, gapMs = 0] = text.split(' ').map(Number);
    void this.#talk(turnId, count, gapMs);
  }

  steer(): void {}

  async update(): Promise<void> {}

  async interrupt(): Promise<void> {}

  async leftRunning(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    this.#listener.exited();
  }

  async #talk(turnId: string, count: number, gapMs: number): Promise<void> {
    for (let said = 0; said < count; said++) {
      const at = performance.timeOrigin + performance.now();
      this.#listener.output({ type: 'text', turnId, text: `${at} ${WORDS}` });
      if (gapMs > 0) await sleep(gapMs);
      else if (said % SAID_AT_ONCE === 0) await sleep(0);
      await this.#listener.room();
    }
    this.#listener.turnEnded(turnId, { state: 'completed' });
  }
}

const [stateDir = '', root = ''] = process.argv.slice(2);
const settings = readSettings(['--state-dir', stateDir, '--root', root]);
const log = createLog({ level: 'warn' });
const runner: Runner = {
  start: async (spec, listener) => new TalkingRun(spec, listener),
  trusts: async () => false,
  sandboxProblem: async () => undefined,
  rename: async () => false,
  kept: async () => [],
  discard: async () => {},
};
const store = await openSqliteStore({ directory: stateDir, log });
const app = await assemble({
  settings,
  log,
  version: '0.0.0',
  store,
  runner,
  killTree: async () => true,
});
const caller = { principal: 'local', mcpSessionId: `stdio_${randomUUID()}` };
const { connections } = app;
await serveStdio({ connections, caller, stdin: process.stdin, stdout: process.stdout, log }).closed;
await app.close();
process.exit(0);
