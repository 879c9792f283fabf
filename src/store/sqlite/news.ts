/**
 * What each commit changed, kept in the database for the other processes that use it: the last few commits of all of
 * them, numbered. Every commit that changes anything has a row, so whoever finds none knows that an older program has written.
 */

import { randomInt } from 'node:crypto';
import { NEWS_MAX } from '../../process-limits.ts';
import { ANYTHING } from '../listeners.ts';
import type { News } from '../store.ts';
import { numberOf, type Row, type Sql, textOf } from './sql.ts';

export class NewsLog {
  /** Tells this connection's commits from the others'. */
  readonly #writer = randomInt(2 ** 31);
  /** Every commit up to this number is known here. */
  #seen = 0;
  #written = 0;

  /** Inside the transaction that changed it. */
  write(sql: Sql, { sessions, work, orders }: News): void {
    const isNamed = sessions !== 'any' && sessions.size <= NEWS_MAX;
    const row = sql.get(
      'INSERT INTO news (writer, sessions, work, orders) VALUES (?, ?, ?, ?) RETURNING n',
      this.#writer,
      isNamed ? [...sessions].join(' ') : null,
      work ? 1 : 0,
      orders ? 1 : 0,
    );
    this.#written = numberOf(row ?? {}, 'n');
    // Not each time: the oldest rows are on another page.
    if (this.#written % NEWS_MAX === 0) {
      sql.run('DELETE FROM news WHERE n <= ?', this.#written - NEWS_MAX);
    }
  }

  /** What was written last is durable. */
  committed(): void {
    if (this.#written === this.#seen + 1) this.#seen = this.#written;
  }

  /** What the other processes have committed since this was last called. */
  read(sql: Sql): News {
    const rows = sql.all('SELECT * FROM news WHERE n > ? ORDER BY n', this.#seen);
    const [first] = rows;
    const isComplete = first !== undefined && numberOf(first, 'n') === this.#seen + 1;
    this.#seen = numberOf(rows.at(-1) ?? sql.get(NEWEST) ?? {}, 'n');
    const others = rows.filter((row) => row.writer !== this.#writer);
    return isComplete ? others.map(newsOf).reduce(together, NOTHING) : ANYTHING;
  }
}

const NEWEST = 'SELECT coalesce(max(n), 0) AS n FROM news';

const NOTHING: News = { sessions: new Set(), work: false, orders: false };

function newsOf(row: Row): News {
  const ids =
    row.sessions === null ? undefined : textOf(row, 'sessions').split(' ').filter(Boolean);
  return {
    sessions: ids ? new Set(ids) : 'any',
    work: row.work === 1,
    orders: row.orders === 1,
  };
}

function together(a: News, b: News): News {
  const isAny = a.sessions === 'any' || b.sessions === 'any';
  return {
    sessions: isAny ? 'any' : new Set([...a.sessions, ...b.sessions]),
    work: a.work || b.work,
    orders: a.orders || b.orders,
  };
}
