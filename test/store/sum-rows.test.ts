import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { NO_METRICS } from '../../src/session/metrics.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { Sql } from '../../src/store/sqlite/sql.ts';
import { readSums, SumBook } from '../../src/store/sqlite/sum-rows.ts';
import type { SumChange } from '../../src/store/sums.ts';

const of = (scope: string, totalSessions: number): SumChange => {
  return { principal: 'p', scope, metrics: { ...NO_METRICS, totalSessions }, grown: {}, gone: {} };
};

test('what an undone part of a transaction counted is not counted, and leaves no row', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  const sql = new Sql(db);
  const book = new SumBook(sql);
  book.change([of('a', 1), of('left', 1)]);
  const { mark } = book;
  book.change([of('a', 5), of('new', 1)]);
  book.change([of('a', 5)]);
  book.goBack(mark);
  book.change([of('a', 1), of('left', -1)]);
  book.write();
  expect(db.prepare('SELECT scope FROM metrics').all()).toEqual([{ scope: 'a' }]);
  expect(readSums(sql, 'p', 'a').metrics.totalSessions).toBe(2);
  db.close();
});
