/** Sessions, commands and keys for the tests of stores, in as few words as they need. */

import type { Command } from '../../src/session/command.ts';
import type { EventBody } from '../../src/session/event.ts';
import { SESSION_ID_PREFIX } from '../../src/session/session.ts';
import type {
  Appended,
  AppendOptions,
  Claim,
  ClaimOptions,
  RequestKey,
  Store,
} from '../../src/store/store.ts';

export const PRINCIPAL = 'alice';

let made = 0;

/** Unique in the process; looks like a UUID. */
export function newUuid(): string {
  made += 1;
  return `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
}

export function newSessionId(): string {
  return SESSION_ID_PREFIX + newUuid();
}

export type Made = {
  readonly principal?: string;
  readonly mcpSessionId?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taskId?: string;
  readonly prompts?: readonly string[];
};

/** The events that make a session; each prompt's turn id is the prompt itself. */
export function creation(made: Made = {}): readonly EventBody[] {
  const { prompts = [], taskId } = made;
  return [
    {
      type: 'session_created',
      principal: made.principal ?? PRINCIPAL,
      mcpSessionId: made.mcpSessionId ?? null,
      options: { workingDirectory: '/work' },
      labels: made.labels ?? {},
    },
    ...(taskId === undefined ? [] : [{ type: 'task_linked', taskId } as const]),
    ...prompts.map((prompt) => ({ type: 'prompt_queued', turnId: prompt, prompt }) as const),
  ];
}

/** Makes a session; returns its id. */
export async function createIn(store: Store, made: Made = {}): Promise<string> {
  const id = newSessionId();
  await store.create(id, creation(made));
  return id;
}

/** Events as a runner says them. */
export function record(...said: EventBody[]): Command {
  return { type: 'record', said };
}

/** Changes nothing. */
export const NOTHING: Command = { type: 'unlink_task', taskId: 'none' };

export function say(
  store: Store,
  sessionId: string,
  text: string,
  options?: AppendOptions,
): Promise<Appended> {
  return store.append(sessionId, record({ type: 'text', text }), options);
}

/** There is room for every session, and anybody may take a lapsed lease. */
export const ANY_TURN: ClaimOptions = { except: new Set(), maxLive: 1000, takeLapsed: true };

/** Claims a turn; throws if there is none. */
export async function claimed(
  store: Store,
  owner: string,
  options: Partial<ClaimOptions> = {},
): Promise<Claim> {
  const claim = await store.claim(owner, { ...ANY_TURN, ...options });
  if (claim === undefined || claim === 'full') throw new Error(`nothing to claim: ${claim}`);
  return claim;
}

/** Ends the claimed turn as done. */
export async function finish(store: Store, { fence, turn }: Claim): Promise<void> {
  const outcome = { state: 'completed' } as const;
  await store.append(fence.sessionId, { type: 'end_turn', turnId: turn.id, outcome }, { fence });
}

export function keyOf(key: string, fingerprint = 'same'): RequestKey {
  return { principal: PRINCIPAL, tool: 'send_prompt', key, fingerprint };
}

/** How many sessions have not ended, of all principals. */
export async function openSessions(store: Store): Promise<number> {
  const { totalSessions, endedSessions } = await store.totals();
  return totalSessions - endedSessions;
}

export async function seqsOf(store: Store, sessionId: string): Promise<readonly number[]> {
  const events = await store.events(sessionId, 0, 100_000);
  return events.map((event) => event.seq);
}

/** 1, 2 … n */
export function upTo(n: number): readonly number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
