/** Appends to one session of the store in argv[2], eight at a time, and says each seq once it is acknowledged. */

import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { creation } from '../fixtures.ts';

const [, , directory = ''] = process.argv;
const store = await openSqliteStore({ directory });
const id = `claude_${randomUUID()}`;
await store.create(id, creation());
let written = 0;

async function write(): Promise<never> {
  for (;;) {
    written += 1;
    const text = `${written}`;
    const { events } = await store.append(id, { type: 'record', said: [{ type: 'text', text }] });
    // Straight to the pipe: what is said must be known to the parent before the next write.
    for (const { seq } of events) writeSync(1, `${id} ${seq} ${text}\n`);
  }
}

await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(write));
