/** Steps as later versions may add them, for tests: each builds on the one before. */

import { STEPS } from '../../src/store/sqlite/schema-steps.ts';

/** `mark()` counts statements, so that a test can end the process at each. */
export const LATER_STEPS: readonly string[] = [
  ...STEPS,
  `SELECT mark();
   ALTER TABLE sessions ADD COLUMN title TEXT;
   SELECT mark();
   UPDATE sessions SET title = 'of ' || id;
   SELECT mark();`,
  `CREATE TABLE titles (session_id TEXT PRIMARY KEY, title TEXT NOT NULL) STRICT;
   SELECT mark();
   INSERT INTO titles SELECT id, title || '!' FROM sessions;
   SELECT mark();
   ALTER TABLE sessions DROP COLUMN title;
   SELECT mark();`,
];

export const MARKS = 6;
