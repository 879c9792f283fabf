/** Appends one event to session argv[3] of the store in argv[2]. */

import { openSqliteStore } from '../../../src/store/sqlite/store.ts';

const [, , directory = '', sessionId = ''] = process.argv;
const store = await openSqliteStore({ directory });
await store.append(sessionId, {
  type: 'record',
  said: [{ type: 'text', text: 'from another process' }],
});
await store.close();
