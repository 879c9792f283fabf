/**
 * What a server sees once it has used up its file descriptors, and once it has some again: `out-of-files.ts FOLDER`. Run
 * it under a low `ulimit -n`. Prints JSON with both.
 */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { pino } from 'pino';
import { Redactor } from '../../../src/redaction.ts';
import { createClaudeRunner } from '../../../src/runner/claude.ts';
import { processGuard } from '../../../src/runner/guard.ts';
import { guardingOnDemand } from '../../../src/runner/guarding.ts';
import { findClaude } from '../../../src/runner/installation.ts';
import { createOwners } from '../../../src/runner/owners.ts';
import { identify, killTree, spawnGuarded } from '../../../src/runner/process.ts';
import { startTimeOf } from '../../../src/runner/process-table.ts';
import { processesOf } from '../../../src/runner/processes.ts';
import { Recorder } from '../claude-world.ts';

const [folder = '/'] = process.argv.slice(2);
const marker = `test.${randomUUID()}`;
const env = { PATH: process.env.PATH, CLAUDE_SESSIONS_MARKER: marker };

const { stateOf, self } = createOwners('me');
const parent = spawn('sleep', ['600'], { stdio: 'ignore' });
const ended = spawn('true', { stdio: 'ignore' });
await once(ended, 'exit');
const ownerOf = (pid = 0) => {
  const [, , boot, namespace] = self.split('/');
  return ['other', pid, boot, namespace, startTimeOf(pid) ?? '1'].join('/');
};
const [living, gone] = [ownerOf(parent.pid), ownerOf(ended.pid)];

const request = { command: 'sleep', args: ['600'], cwd: undefined, env };
const { child } = spawnGuarded(request, { name: 'none', prefix: [], label: () => [] });
const tree = identify(child.pid ?? 0, marker);

const log = pino({ level: 'silent' });
const processes = processesOf({ stateDir: folder, processGuard: 'auto', isPortable: false });
const runner = createClaudeRunner({
  environment: process.env,
  scratchDirectory: folder,
  stateDirectory: folder,
  processes,
  guarding: guardingOnDemand({ ...processes, log }),
  secretFiles: [],
  mcpServers: new Map(),
  redactor: new Redactor([]),
  newId: randomUUID,
  log,
});

const told = async (work: () => unknown) => {
  try {
    return await work();
  } catch (error) {
    const { code, message, retryable } = error as { [name: string]: unknown };
    return { code, message, retryable };
  }
};

const start = async () => {
  const options = { workingDirectory: folder };
  const spec = { uuid: randomUUID(), marker: `test.${randomUUID()}`, options };
  const run = await runner.start(spec, new Recorder());
  await run.close();
  return 'started';
};

const look = async () => ({
  living: stateOf(living),
  gone: stateOf(gone),
  killed: await killTree(tree),
  guard: await told(() => typeof processGuard('auto').name),
  found: Object.keys(await findClaude(undefined, process.env)),
  start: await told(start),
});

// All is loaded once before, as it is in a server that has run for a while.
const warm = await told(start);
const files: number[] = [];
const fill = () => {
  try {
    for (;;) files.push(openSync('/dev/null', 'r'));
  } catch {
    return;
  }
};
fill();
const without = await look();
for (const file of files) closeSync(file);
const again = await look();
parent.kill('SIGKILL');
process.stdout.write(JSON.stringify({ warm, without, again }), () => process.exit());
