/** What a server acknowledged and what it refused, to be held against what a later one knows. */

import { expect } from 'vitest';
import type { Failure } from '../../src/errors.ts';
import { type Place, Server } from '../support/client/place.ts';
import type { SessionView } from '../support/client/tools.ts';
import { makePlace } from '../support/program.ts';

type Kept = { readonly id: string; readonly tasks: Set<string> };

export class Ledger {
  readonly #kept = new Map<string, Kept>();
  readonly #refused = new Set<string>();
  #made = 0;

  get acknowledged(): number {
    return this.#kept.size;
  }

  /** Creates a session under a name of its own; the refusal, if there was one. */
  async create(server: Server, customSystemPrompt = 'be brief'): Promise<Failure | undefined> {
    const name = `session ${this.#made++}`;
    const args = { name, customSystemPrompt, taskId: name };
    const { result, failure } = await server.ask('create_session', args);
    if (result === undefined) {
      this.#refused.add(name);
      return failure;
    }
    const { id } = result.session;
    this.#kept.set(name, { id, tasks: new Set([name]) });
    return undefined;
  }

  /** Links a further task to each session that there is, all at once. */
  async link(server: Server, taskId: string): Promise<readonly Failure[]> {
    const asked = [...this.#kept.values()].map(async ({ id, tasks }) => {
      const { failure } = await server.ask('link_task', { sessionId: id, taskId });
      if (failure === undefined) tasks.add(taskId);
      return failure;
    });
    return (await Promise.all(asked)).filter((failure) => failure !== undefined);
  }

  /**
   * Everything acknowledged is there as it was acknowledged; nothing refused is, nor half of it.
   *
   * @param refused `whole` if a refused call may have been carried out after all
   */
  async check(server: Server, refused: 'absent' | 'whole' = 'absent'): Promise<void> {
    const all = await listAll(server);
    const found = new Map(all.map((session) => [session.name ?? '', session]));
    for (const [name, { id, tasks }] of this.#kept) {
      const session = found.get(name);
      expect(session).toMatchObject({ id, status: 'ready' });
      if (refused === 'absent') expect(session?.taskIds.sort()).toEqual([...tasks].sort());
      await checkLog(server, session);
    }
    for (const name of this.#refused) {
      if (refused === 'whole') await checkLog(server, found.get(name));
      else expect(found.has(name)).toBe(false);
    }
    const { totalSessions } = await server.call('get_metrics');
    expect(totalSessions).toBe(all.length);
  }
}

async function checkLog(server: Server, session: SessionView | undefined): Promise<void> {
  if (session === undefined) return;
  const { events } = await server.call('read_events', { sessionId: session.id, limit: 500 });
  const seqs = events.map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: session.lastSeq }, (_, index) => index + 1));
  expect(session.taskIds).toContain(session.name);
}

async function listAll(server: Server): Promise<readonly SessionView[]> {
  const all: SessionView[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await server.call('list_sessions', { limit: 200, cursor });
    all.push(...page.sessions);
    cursor = page.nextCursor;
    if (cursor === undefined) return all;
  }
}

/** A server that has acknowledged a first session, and what it acknowledged. */
export async function startServed(): Promise<{ place: Place; server: Server; ledger: Ledger }> {
  const place = await makePlace();
  const server = await new Server(place).initialize();
  const ledger = new Ledger();
  await ledger.create(server);
  return { place, server, ledger };
}
