/** Finds sessions by what no index has. Only so many are looked at in one read, because a read blocks the event loop. */

import type { ListedSession, Searched, SearchQuery } from '../queries.ts';
import { listPlaces, type Place } from './reads.ts';
import { FIRST_EVENT, LAST_STATE, SESSION_COLUMNS, sessionOf } from './rows.ts';
import { memberOf, type Row, type Sql } from './sql.ts';

/** About 20 ms, if earlier versions have written all of them. */
const SEARCHED_MAX = 500;

export function searchSessions(sql: Sql, query: SearchQuery): Searched {
  const openOnly = query.openOnly || query.needsPerson;
  const places = listPlaces(sql, { ...query, openOnly, limit: SEARCHED_MAX });
  const sessions = matchesAmong(sql, places, query);
  const [first, last] = [places[0], places.at(-1)];
  const isWhole = places.length < SEARCHED_MAX || sessions.length === query.limit;
  if (isWhole || first === undefined || last === undefined) return { sessions };
  const asOf = query.cursor?.asOf ?? first.place;
  return { sessions, searchedTo: { lastActivity: last.place, id: last.id, asOf } };
}

function matchesAmong(
  sql: Sql,
  places: readonly Place[],
  { needsPerson, words = [], limit }: SearchQuery,
): readonly ListedSession[] {
  const where = ['TRUE'];
  if (needsPerson) where.push(NEEDS_PERSON);
  if (words.length > 0) where.push(HAS_WORDS);
  const select = `SELECT ${SESSION_COLUMNS}, place.key AS at
    FROM json_each(?) place CROSS JOIN sessions s ON s.id = place.value ${FIRST_EVENT}
    WHERE ${where.join(' AND ')} ORDER BY place.key LIMIT ?`;
  const ids = JSON.stringify(places.map(({ id }) => id));
  const values = words.length > 0 ? [ids, JSON.stringify(words), limit] : [ids, limit];
  return sql.all(select, ...values).map((row) => ({ ...sessionOf(row), ...placeOf(row, places) }));
}

function placeOf({ at }: Row, places: readonly Place[]): Pick<ListedSession, 'place'> {
  const place = places[Number(at)]?.place;
  return place === undefined ? {} : { place };
}

const NEEDS_PERSON = `(s.status = 'error'
  OR ${memberOf('s.record', '$.pendingPermissions')} > 0 OR ${LAST_STATE} IN ('failed', 'lost'))`;

const SEARCHED = `folded(concat_ws(char(10), ${memberOf('s.record', '$.name')},
  ${memberOf('first.body', '$.options.workingDirectory')},
  (SELECT group_concat(task_id, char(10)) FROM session_tasks WHERE session_id = s.id)))`;
const HAS_WORDS = `NOT EXISTS (SELECT 1 FROM json_each(?) w WHERE instr(${SEARCHED}, w.value) = 0)`;
