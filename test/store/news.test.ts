import { expect, test } from 'vitest';
import { NEWS_MAX } from '../../src/process-limits.ts';
import { ANYTHING } from '../../src/store/listeners.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { NewsLog } from '../../src/store/sqlite/news.ts';
import { Sql } from '../../src/store/sqlite/sql.ts';
import { upTo } from './fixtures.ts';
import { connect, newDirectory } from './temporary.ts';

/** Two processes on one database, which commit and look. */
function open() {
  const directory = newDirectory();
  const server = () => {
    const db = connect(directory);
    db.exec('PRAGMA synchronous = OFF');
    migrate(db);
    const [sql, log] = [new Sql(db), new NewsLog()];
    log.read(sql);
    return {
      db,
      commit: (sessions: readonly string[], flags = {}) => {
        log.write(sql, { sessions: new Set(sessions), work: false, orders: false, ...flags });
        log.committed();
      },
      look: () => log.read(sql),
    };
  };
  return { here: server(), there: server() };
}

const news = (sessions: readonly string[], flags = {}) => {
  return { sessions: new Set(sessions), work: false, orders: false, ...flags };
};

test('a look finds what the others have committed since the last one, and nothing of its own', () => {
  const { here, there } = open();
  here.commit(['mine']);
  there.commit(['a', 'b']);
  here.commit(['mine too']);
  there.commit(['b', 'c'], { work: true });
  expect(here.look()).toEqual(news(['a', 'b', 'c'], { work: true }));
  there.commit([], { orders: true });
  expect(here.look()).toEqual(news([], { orders: true }));
});

test('however much a process commits itself, it can name what the first commit of another one changed', () => {
  const { here, there } = open();
  for (const n of upTo(5 * NEWS_MAX)) here.commit([`${n}`]);
  there.commit(['a']);
  expect(here.look()).toEqual(news(['a']));
  expect(here.db.prepare('SELECT count(*) AS rows FROM news').get()).toEqual({
    rows: NEWS_MAX + 1,
  });
});

test('anything may have changed: after too many commits, after one without a row, after one of too many sessions', () => {
  const { here, there } = open();
  expect(here.look()).toEqual(ANYTHING);
  for (const n of upTo(3 * NEWS_MAX)) there.commit([`${n}`]);
  expect(here.look()).toEqual(ANYTHING);
  there.commit(upTo(NEWS_MAX + 1).map(String));
  expect(here.look()).toEqual({ ...news([]), sessions: 'any' });
  there.commit(['a']);
  expect(here.look()).toEqual(news(['a']));
});
