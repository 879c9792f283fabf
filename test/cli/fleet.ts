/** Sessions in every state that a person can see, and servers that are there or gone. */

import { randomUUID } from 'node:crypto';
import { createOwners } from '../../src/runner/owners.ts';
import type { TurnOutcome } from '../../src/session/decide.ts';
import type { Store } from '../../src/store/store.ts';
import { ANY_TURN } from '../store/fixtures.ts';

const [, , boot, namespace] = createOwners('s').self.split('/');

/** No process has such an id. */
export const GONE = ['gone', 2 ** 30, boot, namespace, 1].join('/');
/** Of another boot, or another container. */
export const OUT_OF_SIGHT = ['far', 7, 'another boot', namespace, 1].join('/');
export const ALIVE = createOwners('alive').self;

export type Told = {
  readonly name?: string;
  readonly directory?: string;
  readonly principal?: string;
  readonly owner?: string;
  /** How its turn ends; it runs on if absent. */
  readonly outcome?: TurnOutcome;
  readonly asks?: { readonly tool: string; readonly input: Readonly<Record<string, unknown>> };
};

/** A session whose prompt a server has claimed; returns its id. The request's id is the session's UUID. */
export async function atWork(store: Store, told: Told): Promise<string> {
  const id = `claude_${randomUUID()}`;
  const turnId = `turn-of-${id}`;
  const { name, directory = '/work', principal = 'local', outcome, asks } = told;
  await store.create(id, [
    {
      type: 'session_created',
      principal,
      mcpSessionId: null,
      options: { workingDirectory: directory },
      labels: {},
      ...(name !== undefined && { name }),
    },
    { type: 'prompt_queued', turnId, prompt: 'go' },
  ]);
  const claim = await store.claim(told.owner ?? ALIVE, ANY_TURN);
  if (claim === undefined || claim === 'full') throw new Error('nothing was claimed');
  if (asks !== undefined) {
    const { tool: toolName, input } = asks;
    const requestId = id.slice('claude_'.length);
    const request = { requestId, sessionId: id, turnId, toolName, input };
    const expiresAt = 10_000_000_000_000;
    await store.append(id, { type: 'request_permission', request: { ...request, expiresAt } });
  }
  if (outcome !== undefined) await store.append(id, { type: 'end_turn', turnId, outcome });
  return id;
}

export const LOST: TurnOutcome = {
  state: 'lost',
  error: {
    code: 'UNAVAILABLE',
    message: 'the server was killed',
    retryable: true,
    hint: 'ask again.',
  },
};
