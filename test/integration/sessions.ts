/** What the scenario tests do with sessions of the program, with the real Claude Code by default. */

import { access } from 'node:fs/promises';
import { expect } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import type { Workplace } from '../support/client/place.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import type { RequestView, TurnView } from '../support/client/tools.ts';
import { type Step, script } from '../support/messages-api.ts';
import { makeWorkplace } from '../support/program.ts';

/** For a whole test: a loaded machine takes seconds for each new process. */
export const OPTIONS = { timeout: 120_000 };
/** For one wait. */
export const POLL = { timeout: 20_000 };
const WAIT_MS = 45_000;

/** The program over stdio with these flags, in a place of its own. */
export async function startServer(
  ...args: string[]
): Promise<{ place: Workplace; client: SdkClient }> {
  const place = await makeWorkplace();
  return { place, client: await connectTo(place, ...args) };
}

export function connectTo(place: Workplace, ...args: string[]): Promise<SdkClient> {
  return place.connect('v2 legacy', ['--log-level', 'error', ...args]);
}

/** A session in the place's folder that may use a shell; gives its id. */
export async function create(client: SdkClient, place: Workplace, more = {}): Promise<string> {
  const options = { workingDirectory: place.directory, allowedTools: ['Bash'], ...more };
  return (await client.call('create_session', options)).session.id;
}

/** Sends a prompt and does not wait for it; gives the id of its turn. */
export async function send(
  client: SdkClient,
  sessionId: string,
  prompt: Step[] | string,
  mode = 'queue',
): Promise<string> {
  const text = typeof prompt === 'string' ? prompt : script(prompt);
  return (await client.call('send_prompt', { sessionId, prompt: text, mode })).turn.id;
}

/** Sends a prompt; its turn once that has ended, or waits for a person. */
export async function turn(
  client: SdkClient,
  sessionId: string,
  prompt: Step[] | string,
): Promise<TurnView> {
  const text = typeof prompt === 'string' ? prompt : script(prompt);
  return (await client.call('send_prompt', { sessionId, prompt: text, waitMs: WAIT_MS })).turn;
}

/** Waits until no turn of these sessions is running or queued. */
export async function rest(client: SdkClient, ...sessionIds: string[]): Promise<void> {
  const args = { sessionIds, for: 'all', until: 'turn_end', waitMs: WAIT_MS };
  const { ready } = await client.call('wait_sessions', args);
  expect(ready).toEqual(sessionIds);
}

/** The turns of a session in the order in which they ended, those that were taken back too. */
export async function endsOf(client: SdkClient, sessionId: string): Promise<TurnView[]> {
  const { events } = await client.call('read_events', { sessionId, limit: 500 });
  return events.flatMap(({ type, turnId, turn: ended }) => {
    if (type === 'prompt_cancelled') return [{ id: turnId, state: 'cancelled' } as TurnView];
    return type === 'turn_ended' ? [ended as TurnView] : [];
  });
}

/** The request that the session waits with now. */
export async function question(client: SdkClient, sessionId: string): Promise<RequestView> {
  const args = { sessionIds: [sessionId], until: 'attention', waitMs: WAIT_MS };
  await client.call('wait_sessions', args);
  const { requests } = await client.call('list_permission_requests', { sessionId });
  const [request] = requests;
  if (request === undefined) throw new Error(`${sessionId} asks nothing`);
  return request;
}

export async function answer(
  client: SdkClient,
  { requestId }: RequestView,
  given: Record<string, unknown>,
): Promise<void> {
  await client.call('answer_permission_request', { requestId, ...given });
}

/** The processes of one session: each has the session's temporary folder in its environment. */
export function processesOf(sessionId: string): Promise<string[]> {
  return processesWith(`/${sessionId.replace('claude_', '').replaceAll('-', '').slice(0, 16)}`);
}

export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
