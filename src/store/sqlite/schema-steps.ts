/** The schema, in numbered steps. A step that has been released is never changed: what comes later is a further step. */

/**
 * `sessions.record` is the session as JSON without its options: these never change and may be large, so
 * they are read from the first event. `next_ord` names the turn to run next, null if there is none
 * or one runs. `turns.ord` is the order of queueing over all sessions.
 */
const FIRST = `
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  mcp_session_id TEXT,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_activity INTEGER NOT NULL,
  ended_at INTEGER,
  last_seq INTEGER NOT NULL,
  next_ord INTEGER,
  served_at INTEGER NOT NULL,
  owner TEXT,
  epoch INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_recent ON sessions (principal, last_activity, id, status);
CREATE INDEX sessions_open ON sessions (last_activity, principal, status) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_tied ON sessions (mcp_session_id) WHERE mcp_session_id IS NOT NULL;
CREATE INDEX sessions_waiting ON sessions (served_at, next_ord) WHERE next_ord IS NOT NULL;
CREATE INDEX sessions_leased ON sessions (owner) WHERE owner IS NOT NULL;

CREATE TABLE session_tasks (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  task_id TEXT NOT NULL,
  PRIMARY KEY (session_id, task_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_tasks_by_task ON session_tasks (task_id, session_id);

CREATE TABLE session_labels (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (session_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_labels_by_value ON session_labels (key, value, session_id);

CREATE TABLE turns (
  ord INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  state TEXT NOT NULL CHECK (
    state IN ('queued', 'running', 'completed', 'failed', 'interrupted', 'cancelled', 'lost')
  ),
  phase TEXT CHECK (phase IN ('claimed', 'prompted')),
  epoch INTEGER,
  record TEXT NOT NULL,
  prompt TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX turns_one_running ON turns (session_id) WHERE state = 'running';
CREATE INDEX turns_open ON turns (session_id, ord) WHERE state IN ('queued', 'running');

CREATE TABLE events (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  turn_id TEXT,
  epoch INTEGER,
  body TEXT NOT NULL,
  PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE permission_requests (
  request_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  turn_id TEXT,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX permission_requests_pending ON permission_requests (session_id, created_at)
  WHERE state = 'pending';

CREATE TABLE requests (
  principal TEXT NOT NULL,
  tool TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  reply TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (principal, tool, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (
  principal TEXT NOT NULL,
  scope TEXT NOT NULL,
  totalSessions INTEGER NOT NULL,
  activeSessions INTEGER NOT NULL,
  busySessions INTEGER NOT NULL,
  errorSessions INTEGER NOT NULL,
  endedSessions INTEGER NOT NULL,
  endedDurationMs INTEGER NOT NULL,
  queuedTurns INTEGER NOT NULL,
  completedTurns INTEGER NOT NULL,
  failedTurns INTEGER NOT NULL,
  pendingPermissions INTEGER NOT NULL,
  inputTokens INTEGER NOT NULL,
  outputTokens INTEGER NOT NULL,
  cacheReadTokens INTEGER NOT NULL,
  cacheWriteTokens INTEGER NOT NULL,
  costUsd REAL NOT NULL,
  PRIMARY KEY (principal, scope)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_old ON requests (created_at);

CREATE TABLE connections (
  mcp_session_id TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  owner TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE processes (
  session_id TEXT PRIMARY KEY REFERENCES sessions (id),
  owner TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  start_time TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  marker TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What callers allowed for the rest of a session, each as the runner names it. */
const REMEMBERED = `
CREATE TABLE remembered_permissions (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  name TEXT NOT NULL,
  PRIMARY KEY (session_id, name)
) STRICT, WITHOUT ROWID;
`;

/** The turns of a session run by `rank`, then in the order of queueing; an order names the turn it is for. */
const TURN_RANK = `
ALTER TABLE turns ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN turn_id TEXT;
ALTER TABLE orders ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
`;

/**
 * When a turn of each caller (a principal over one MCP session), and of each principal, has ended last: who has gone
 * without longest comes next, however much the others have queued.
 */
const FAIR_QUEUE = `
CREATE TABLE served (
  who TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE sessions ADD COLUMN caller TEXT
  GENERATED ALWAYS AS (principal || char(31) || coalesce(mcp_session_id, '')) VIRTUAL;
DROP INDEX sessions_waiting;
CREATE INDEX sessions_waiting ON sessions (caller, served_at, next_ord) WHERE next_ord IS NOT NULL;
`;

/** The usage of each sum by model, as JSON; what was used before this step stands in the totals alone. */
const SUMS_BY_MODEL = `
ALTER TABLE metrics ADD COLUMN usage_by_model TEXT NOT NULL DEFAULT '{}';
`;

/**
 * Ages by a clock of their own (`steady-clock.ts`): `active_at` is the last activity of a session by that clock, and
 * `served_at`, `served.at` and `requests.created_at` are by it too. What lies in the future was written while the wall
 * clock was ahead. A server of an earlier version may still write sessions without the column; these do not age.
 */
const STEADY_AGES = `
CREATE TABLE steady_clock (boot_id TEXT NOT NULL, elapsed_ms INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
ALTER TABLE sessions ADD COLUMN active_at INTEGER;
UPDATE sessions SET active_at = min(last_activity, unixepoch() * 1000), served_at = min(served_at, unixepoch() * 1000);
UPDATE served SET at = min(at, unixepoch() * 1000);
DROP INDEX sessions_open;
CREATE INDEX sessions_open ON sessions (active_at, principal, status) WHERE ended_at IS NULL;
DROP INDEX sessions_ended;
CREATE INDEX sessions_ended ON sessions (active_at) WHERE ended_at IS NOT NULL;
`;

/**
 * What the last commits changed, one row each (`news.ts`): the ids of sessions, null if they are too many;
 * whether a turn may have become claimable; whether there are orders.
 */
const NEWS = `
CREATE TABLE news (
  n INTEGER PRIMARY KEY,
  writer INTEGER NOT NULL,
  sessions TEXT,
  work INTEGER NOT NULL,
  orders INTEGER NOT NULL
) STRICT;
`;

/** How turns of earlier versions ended is counted when a session is read (`rows.ts`); what answers allowed is shown. */
const SHOWN_LATER = `
CREATE INDEX turns_uncounted ON turns (session_id, state) WHERE state IN ('interrupted', 'lost', 'cancelled');
CREATE INDEX permission_requests_remembered ON permission_requests (session_id)
  WHERE json_extract(record, '$.remembered.as') IS NOT NULL;
`;

/** The servers that run, for people who look for them; one that is killed leaves its row behind. */
const SERVERS = `
CREATE TABLE servers (
  owner TEXT PRIMARY KEY,
  transport TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

const NAME_OF = "iif(json_valid(NEW.record), json_extract(NEW.record, '$.name'), NULL)";

/**
 * The name of a session, by which its principal finds it. Kept by triggers, because a server of an earlier version may
 * still write sessions; not a generated column, because every event would rewrite its index.
 */
const NAMES = `
ALTER TABLE sessions ADD COLUMN name TEXT;
UPDATE sessions SET name = json_extract(record, '$.name') WHERE json_valid(record);
CREATE INDEX sessions_named ON sessions (principal, name, id) WHERE name IS NOT NULL AND ended_at IS NULL;
CREATE TRIGGER sessions_name_given AFTER INSERT ON sessions WHEN NEW.name IS NOT ${NAME_OF}
  BEGIN UPDATE sessions SET name = ${NAME_OF} WHERE id = NEW.id; END;
CREATE TRIGGER sessions_name_changed AFTER UPDATE OF record ON sessions WHEN NEW.name IS NOT ${NAME_OF}
  BEGIN UPDATE sessions SET name = ${NAME_OF} WHERE id = NEW.id; END;
`;

/**
 * What belongs to a prompt besides its text, as JSON; null if nothing does. Who starts the turn counts `parts_read` up: a
 * server of an earlier version, which does not know of it, must not send the text alone, so it passes such a turn over.
 */
const PROMPT_PARTS = `
ALTER TABLE turns ADD COLUMN parts TEXT;
ALTER TABLE turns ADD COLUMN parts_read INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER turns_with_parts BEFORE UPDATE OF state ON turns
  WHEN NEW.state = 'running' AND OLD.parts IS NOT NULL AND NEW.parts_read = OLD.parts_read
  BEGIN SELECT RAISE(ABORT, 'the prompt needs a newer version of the program'); END;
`;

export const STEPS: readonly string[] = [
  FIRST,
  REMEMBERED,
  TURN_RANK,
  FAIR_QUEUE,
  SUMS_BY_MODEL,
  STEADY_AGES,
  NEWS,
  SHOWN_LATER,
  SERVERS,
  NAMES,
  PROMPT_PARTS,
];
