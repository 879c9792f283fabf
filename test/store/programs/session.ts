import { randomUUID } from 'node:crypto';
import type { Store } from '../../../src/store/store.ts';

/** Processes share no counter, so these ids are random. */
export async function newSession(store: Store): Promise<string> {
  const id = `claude_${randomUUID()}`;
  await store.create(id, [
    {
      type: 'session_created',
      principal: 'alice',
      mcpSessionId: null,
      options: { workingDirectory: '/work' },
      labels: {},
    },
  ]);
  return id;
}
