import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { Server } from '../support/client/place.ts';
import { readMib } from '../support/gauge.ts';
import { lacksProc } from '../support/needs.ts';
import { makePlace } from '../support/program.ts';
import { createIn } from './fixtures.ts';

const OPTIONS = { timeout: 180_000 };
const SESSIONS = 100_000;
const OLD = 10;
const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

let directory: string;
/** The first ones are {@link OLD}; from there on every tenth has a label, every hundredth a task. */
let ids: readonly string[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'scale-'));
  const store = await openSqliteStore({ directory });
  const pattern = await createIn(store, { principal: 'local' });
  await store.close();
  const db = new DatabaseSync(join(directory, DATABASE_FILE));
  db.exec(`PRAGMA synchronous = OFF; BEGIN; ${CLONES(pattern)}; COMMIT`);
  ids = db
    .prepare('SELECT id FROM clones ORDER BY n')
    .all()
    .map(({ id }) => String(id));
  db.exec('DROP TABLE clones');
  db.close();
}, 180_000);

afterAll(() => rmSync(directory, { recursive: true }));

/** Copies of a session that the store itself has made, with ids and times of their own: none is of just now. */
const CLONES = (pattern: string): string => `
  CREATE TABLE clones AS
    WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${SESSIONS})
    SELECT n, printf('claude_%08x-0000-4000-8000-%012x', abs(random()) % 4294967296, n) AS id,
      last_activity - iif(n <= ${OLD}, ${2 * DAY_MS}, ${DAY_MS / 2}) AS at
    FROM counter, sessions;
  INSERT INTO sessions (id, principal, status, created_at, last_activity, active_at, last_seq, served_at, record)
    SELECT c.id, principal, status, c.at, c.at, c.at, last_seq, c.at,
      json_set(record, '$.id', c.id, '$.createdAt', c.at, '$.lastActivity', c.at)
    FROM clones c, sessions s WHERE s.id = '${pattern}';
  INSERT INTO events SELECT c.id, seq, c.at, type, turn_id, epoch, body
    FROM clones c, events WHERE session_id = '${pattern}';
  INSERT INTO session_labels SELECT id, 'tenth', 'yes' FROM clones WHERE n % 10 = 0;
  INSERT INTO session_tasks SELECT id, 'T-1' FROM clones WHERE n % 100 = 0;
  DELETE FROM events WHERE session_id = '${pattern}';
  DELETE FROM sessions WHERE id = '${pattern}';
  UPDATE metrics SET totalSessions = ${SESSIONS}, activeSessions = ${SESSIONS}`;

/** @param stateDirectory in the stead of its own */
async function startOn(...stateDirectory: string[]): Promise<Server> {
  const args = stateDirectory.flatMap((folder) => ['--state-dir', folder]);
  const server = new Server(await makePlace(), { args: [...args, '--max-sessions', '200000'] });
  return await server.initialize();
}

type Paging = { readonly filter?: Record<string, unknown>; meanwhile(): Promise<void> };

/** The ids on all pages; while each page is fetched, somebody else writes. */
async function pages(server: Server, { filter, meanwhile }: Paging): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const args = { ...filter, limit: 200, ...(cursor && { cursor }) };
    const [{ sessions, nextCursor }] = await Promise.all([
      server.call('list_sessions', args),
      meanwhile(),
    ]);
    seen.push(...sessions.map(({ id }) => id));
    cursor = nextCursor;
    if (cursor === undefined) return seen;
  }
}

describe('100,000 sessions', OPTIONS, () => {
  test.skipIf(lacksProc)(
    'a server starts on them without loading what nobody asked for',
    async () => {
      const small = await startOn();
      await small.call('get_metrics');
      const startedAt = performance.now();
      const large = await startOn(directory);
      expect(await large.call('get_metrics')).toMatchObject({ totalSessions: SESSIONS });
      const readyMs = Math.round(performance.now() - startedAt);
      // Not what is resident: that depends on when the garbage collector last had time.
      const [empty, full] = [readMib(small.program.pid), readMib(large.program.pid)];
      const onDisk = Math.round(statSync(join(directory, DATABASE_FILE)).size / MIB);
      console.info(
        `ready after ${readyMs} ms; read ${full} of ${onDisk} MiB, ${empty} MiB if empty`,
      );
      expect(onDisk).toBeGreaterThan(80);
      expect(full - empty).toBeLessThan(2);
    },
  );

  test('they are listed, filtered and paged while others create and end: none twice, none missed', async () => {
    const [server, other] = [await startOn(directory), await startOn(directory)];
    const changed = new Set<string>();
    const victims = ids.filter((_, index) => index > 50_000 && index % 97 === 0);
    const meanwhile = async (): Promise<void> => {
      const { session } = await other.call('create_session');
      await other.call('end_session', { sessionId: session.id });
      const sessionId = victims.pop();
      if (sessionId === undefined) return;
      changed.add(sessionId);
      await other.call('end_session', { sessionId });
    };
    const all = await pages(server, { meanwhile });
    const labelled = await pages(server, { meanwhile, filter: { label: 'tenth=yes' } });
    const filter = { taskId: 'T-1', status: 'ready' };
    const tasked = await pages(server, { meanwhile, filter });
    expect(changed.size).toBeGreaterThan(400);
    const every = (step: number) => ids.filter((_, index) => (index + 1) % step === 0).sort();
    // Beside them, only what came to be before the first page was read.
    const known = new Set(ids);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((id) => known.has(id)).sort()).toEqual(every(1));
    expect(all.length - SESSIONS).toBeLessThanOrEqual(1);
    expect(labelled.toSorted()).toEqual(every(10));
    // Whether one that ends meanwhile is still ready when it is its turn is a matter of luck.
    const isStable = (id: string): boolean => !changed.has(id);
    expect(new Set(tasked).size).toBe(tasked.length);
    expect(tasked.filter(isStable).sort()).toEqual(every(100).filter(isStable));
  });

  test('they are searched for what no index has, a bounded number of them in each call', async () => {
    const server = await startOn(directory);
    const calls = async (filter: Record<string, unknown>) => {
      let [count, slowestMs] = [0, 0];
      const found: string[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined; count += 1) {
        const startedAt = performance.now();
        const page = await server.call('list_sessions', { ...filter, limit: 200, cursor });
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        found.push(...page.sessions.map(({ id }) => id));
        cursor = page.nextCursor as string | undefined;
      }
      console.info(
        `${JSON.stringify(filter)}: ${count} calls, at most ${Math.round(slowestMs)} ms`,
      );
      return { count, found };
    };
    const tasked = await calls({ query: 't-1' });
    const every100 = ids.filter((_, index) => (index + 1) % 100 === 0).sort();
    expect(tasked.found.toSorted()).toEqual(every100);
    const none = await calls({ needs: true });
    expect(none.found).toEqual([]);
    // 5000 sessions are looked at in each.
    expect(none.count).toBeGreaterThan(15);
  });

  test('ending the few that are idle touches no others', async () => {
    const server = await startOn(directory);
    const before = await server.call('get_metrics');
    const startedAt = performance.now();
    expect(await server.call('cleanup_sessions', { maxAgeMs: DAY_MS })).toEqual({ cleaned: OLD });
    console.info(`${OLD} of ${SESSIONS} ended in ${Math.round(performance.now() - startedAt)} ms`);
    const { activeSessions } = await server.call('get_metrics');
    expect(activeSessions).toBe(Number(before.activeSessions) - OLD);
  });
});
