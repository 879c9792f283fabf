/**
 * Migrates the database file argv[2] by the steps of `test/store/later-steps.ts` and dies by SIGKILL when the
 * statement number argv[3] of them runs; says "done" if there is none.
 */

import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../../src/store/sqlite/migrations.ts';
import { LATER_STEPS } from '../later-steps.ts';

const [, , file = '', deadly = '0'] = process.argv;
const db = new DatabaseSync(file, { timeout: 10_000 });
let statements = 0;
db.function('mark', () => {
  statements += 1;
  if (statements === Number(deadly)) process.kill(process.pid, 'SIGKILL');
  return statements;
});
migrate(db, LATER_STEPS);
db.close();
writeSync(1, 'done\n');
