/**
 * The whole main job as a user meets it: a server started over stdio from mcp.json, a real Claude Code
 * session in a sample project, watched while it works, linked to a task, measured and ended. Without
 * ANTHROPIC_API_KEY a stand-in on this machine plays the model, and the demo says so.
 */

import { rm } from 'node:fs/promises';
import { ROOT } from '../support/client/program.ts';
import { SdkClient } from '../support/client/sdk-client.ts';
import type { TurnView } from '../support/client/tools.ts';
import { mcpJsonEntry } from '../support/mcp-json.ts';
import { chooseModel, type Model } from './model.ts';
import { processesWith } from './processes.ts';
import { makeSampleProject, type SampleProject, sampleProblem } from './sample.ts';
import { check, say, showEvent, showMetrics, step } from './screen.ts';

const WAIT_MS = 20_000;
/** With the real API a turn may take a while; the demo gives it this long in all. */
const TURN_MS_MAX = 300_000;

async function main(): Promise<void> {
  const project = await makeSampleProject();
  const model = await chooseModel(project);
  const client = await connect(project, model);
  try {
    say(model.about);
    await show(client, project, model);
    say('\nEvery step worked.');
  } finally {
    await client.close();
    await model.close();
    await rm(project.scratch, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Starts the server as mcp.json says. */
async function connect(project: SampleProject, { environment }: Model): Promise<SdkClient> {
  const { command, args } = await mcpJsonEntry();
  const env = {
    ...environment,
    CLAUDE_SESSIONS_STATE_DIR: project.stateDirectory,
    CLAUDE_SESSIONS_ROOT: project.directory,
    CLAUDE_SESSIONS_LOG_LEVEL: 'error',
  };
  return await SdkClient.overStdio('v2 auto', { command, args, cwd: ROOT, env });
}

async function show(client: SdkClient, project: SampleProject, model: Model): Promise<void> {
  step('create_session', `in ${project.directory}`);
  const { session } = await client.call('create_session', {
    workingDirectory: project.directory,
    name: 'demo',
    permissionMode: 'acceptEdits',
    allowedTools: ['Read', 'Glob', 'Grep', 'Edit', 'Write'],
    maxTurns: 20,
  });
  check(session.status === 'ready', `the session is ${session.status}, not ready`);
  say(`  ${session.id}`);
  say(`  tied to MCP session ${session.mcpSessionId}`);

  step('send_prompt', project.task);
  const sent = await client.call('send_prompt', { sessionId: session.id, prompt: model.prompt });
  check(sent.turn.state === 'running', `the turn is ${sent.turn.state}, not running`);
  await watch(client, { sessionId: session.id, turnId: sent.turn.id, after: sent.after }, project);
  const problem = await sampleProblem(project);
  check(problem === undefined, problem ?? '');

  step('link_task', 'DEMO-1');
  const linked = await client.call('link_task', { sessionId: session.id, taskId: 'DEMO-1' });
  check(linked.session.taskId === 'DEMO-1', 'the task is not linked');

  step('get_metrics', 'of task DEMO-1');
  const metrics = await client.call('get_metrics', { taskId: 'DEMO-1' });
  check(metrics.completedTurns === 1, `expected 1 completed turn, got ${metrics.completedTurns}`);
  check((metrics.outputTokens ?? 0) > 0, 'no tokens were counted');
  showMetrics(metrics);

  step('end_session', 'and check that no process is left');
  const ended = await client.call('end_session', { sessionId: session.id, reason: 'demo is over' });
  check(ended.ended && ended.session.status === 'terminated', 'the session has not ended');
  const left = await processesWith(session.id.replace('claude_', ''));
  check(left.length === 0, `processes left: ${left.join(', ')}`);
  say('  ended; none of its processes is left');
}

type Turn = { readonly sessionId: string; readonly turnId: string; readonly after: number };

/** Prints what happens as it happens, up to the end of the turn. */
async function watch(
  client: SdkClient,
  { sessionId, turnId, after: from }: Turn,
  { directory }: SampleProject,
): Promise<void> {
  const deadline = Date.now() + TURN_MS_MAX;
  let after = from;
  while (Date.now() < deadline) {
    const read = await client.call('read_events', { sessionId, after, waitMs: WAIT_MS });
    for (const event of read.events) showEvent(event, directory);
    after = read.nextAfter;
    for (const event of read.events) {
      if (event.type !== 'turn_ended' || event.turnId !== turnId) continue;
      const { state, error } = event.turn as TurnView;
      check(state === 'completed', `the turn is ${state}: ${error?.message}`);
      return;
    }
  }
  check(false, 'the turn did not end in time');
}

try {
  await main();
} catch (error) {
  say(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
