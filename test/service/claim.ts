import type { Claim } from '../../src/store/store.ts';

/** A claim of a turn as far as the phases of its session depend on it. */
export function claim(turnId: string, epoch = 1): Claim {
  const fence = { sessionId: 's', owner: 'me', epoch };
  const turn = { id: turnId, sessionId: 's', state: 'running', origin: 'prompt', queuedAt: 0 };
  return { fence, turn: { ...turn, prompt: turnId }, prompted: false } as unknown as Claim;
}
