/** Waits for a line on standard input, then opens the store of argv[2], makes a session, says its id. */

import { once } from 'node:events';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { newSession } from './session.ts';

const [, , directory = ''] = process.argv;
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const store = await openSqliteStore({ directory });
process.stdout.write(`${await newSession(store)}\n`);
await store.close();
process.exit(0);
