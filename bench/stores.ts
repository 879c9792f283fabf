/**
 * State directories with many sessions, made in seconds: a few patterns that the store itself has
 * written, and copies of their rows with ids and times of their own.
 */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { OutputBody } from '../src/session/event.ts';
import { METRIC_NAMES, taskScope } from '../src/session/metrics.ts';
import { SESSION_ID_PREFIX } from '../src/session/session.ts';
import { DATABASE_FILE } from '../src/store/sqlite/files.ts';
import { openSqliteStore } from '../src/store/sqlite/store.ts';
import type { Store } from '../src/store/store.ts';

export type StoreContent = {
  /** Sessions of the principal of stdio, `ready`, active now. */
  readonly sessions: number;
  /** How many of them have a log of {@link LOGGED_EVENTS}; the others were only created. */
  readonly logged: number;
  /** How many of them have been idle for hours: ten for an hour and a half, ten for two and a half, and so on. */
  readonly idle?: number;
  /** The log of the first session goes up to this seq. */
  readonly longLog?: number;
};

export const LOGGED_EVENTS = 24;
export const IDLE_STEP = 10;
/** Each tenth session has a task of its own. */
const TASK_EVERY = 10;
const PRINCIPAL = 'local';

/** The n-th session, from 1 on. */
export function sessionId(n: number): string {
  return `${SESSION_ID_PREFIX}00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Fills a state directory; returns it. */
export async function makeStore(
  directory: string,
  work: string,
  content: StoreContent,
): Promise<string> {
  const store = await openSqliteStore({ directory });
  const created = await createIn(store, work);
  const logged = await createIn(store, work);
  for (let at = 1; at < LOGGED_EVENTS; at++) {
    await store.append(logged, {
      type: 'record',
      said: [{ ...OUTPUT[at % OUTPUT.length]! }],
    });
  }
  await store.close();
  const db = new DatabaseSync(join(directory, DATABASE_FILE));
  // Nobody else has it yet: the journal would only have everything written twice.
  db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN');
  multiply(db, content, { created, logged });
  if (content.longLog !== undefined) lengthen(db, content.longLog);
  db.exec('COMMIT');
  db.close();
  return directory;
}

/** What Claude says and does, in the sizes of ordinary work. */
const OUTPUT: readonly OutputBody[] = [
  {
    type: 'text',
    text: 'I look at the failing test first, then at the function that it calls. '.repeat(2),
  },
  {
    type: 'tool_use',
    toolUseId: 'toolu_01',
    name: 'Read',
    input: { file_path: '/work/project/src/parser.ts' },
  },
  {
    type: 'tool_result',
    toolUseId: 'toolu_01',
    isError: false,
    text: 'export function parse(text: string): Tree {\n'.repeat(6),
  },
];

async function createIn(store: Store, work: string): Promise<string> {
  const id = SESSION_ID_PREFIX + randomUUID();
  const options = { workingDirectory: work };
  await store.create(id, [
    { type: 'session_created', principal: PRINCIPAL, mcpSessionId: null, options, labels: {} },
  ]);
  return id;
}

/** The sums of a task with one session that is ready. */
const NAMES = METRIC_NAMES.join(', ');
const ONE = METRIC_NAMES.map((name) => (/^(total|active)Sessions$/.test(name) ? 1 : 0)).join(', ');

type Patterns = { readonly created: string; readonly logged: string };

function multiply(
  db: DatabaseSync,
  { sessions, logged, idle = 0 }: StoreContent,
  patterns: Patterns,
): void {
  const start = `${SESSION_ID_PREFIX}00000000-0000-4000-8000-`;
  db.exec(`
    CREATE TEMP TABLE clones AS
      WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${sessions})
      SELECT n, printf('${start}%012x', n) AS id, iif(n <= ${logged}, '${patterns.logged}', '${patterns.created}') AS pattern,
        iif(n > ${sessions - idle}, ((n - ${sessions - idle} - 1) / ${IDLE_STEP} + 1.5) * 3600000, 0) AS age
      FROM counter;
    INSERT INTO sessions (id, principal, status, created_at, last_activity, active_at, last_seq, served_at, record)
      SELECT c.id, principal, status, created_at, last_activity - c.age, active_at - c.age, last_seq, served_at,
        json_set(record, '$.id', c.id, '$.lastActivity', CAST(last_activity - c.age AS INTEGER))
      FROM clones c JOIN sessions s ON s.id = c.pattern;
    INSERT INTO events SELECT c.id, seq, at, type, turn_id, epoch, body
      FROM clones c JOIN events e ON e.session_id = c.pattern;
    DELETE FROM events WHERE session_id IN ('${patterns.created}', '${patterns.logged}');
    DELETE FROM sessions WHERE id IN ('${patterns.created}', '${patterns.logged}');
    UPDATE metrics SET totalSessions = ${sessions}, activeSessions = ${sessions};
    INSERT INTO session_tasks SELECT id, 'TASK-OLD-' || n FROM clones WHERE n % ${TASK_EVERY} = 0;
    UPDATE sessions SET record = json_set(record, '$.taskIds', json_array(task_id))
      FROM session_tasks WHERE session_id = id;
    INSERT INTO metrics (principal, scope, ${NAMES}) SELECT principal, '${taskScope('TASK-OLD-')}' || n, ${ONE}
      FROM clones, metrics WHERE n % ${TASK_EVERY} = 0;
    DROP TABLE clones`);
}

function lengthen(db: DatabaseSync, lastSeq: number): void {
  const first = sessionId(1);
  db.exec(`
    INSERT INTO events
      WITH RECURSIVE counter (n) AS (SELECT ${LOGGED_EVENTS + 1} UNION ALL SELECT n + 1 FROM counter WHERE n < ${lastSeq})
      SELECT session_id, n, at, type, turn_id, epoch, body
      FROM counter JOIN events ON session_id = '${first}' AND seq = 2 + n % ${LOGGED_EVENTS - 1};
    UPDATE sessions SET last_seq = ${lastSeq}, record = json_set(record, '$.lastSeq', ${lastSeq}) WHERE id = '${first}'`);
}
