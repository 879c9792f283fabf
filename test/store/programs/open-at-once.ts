/** Waits for a line on standard input, then opens the store of argv[2], makes a session, says its id. */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { creation } from '../fixtures.ts';

const [, , directory = ''] = process.argv;
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const store = await openSqliteStore({ directory });
// Processes share no counter, so the id is random.
const { session } = await store.create(`claude_${randomUUID()}`, creation());
process.stdout.write(`${session.id}\n`);
await store.close();
process.exit(0);
