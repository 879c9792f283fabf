/** All rows, in the order of the table. */

import { reads, writes } from './calls.ts';
import { events } from './events.ts';
import { http } from './http.ts';
import { idle } from './idle.ts';
import { library } from './library.ts';
import { memory } from './memory.ts';
import { peers } from './peers.ts';
import type { Row } from './row.ts';
import { scale } from './scale.ts';
import { start } from './start.ts';
import { firstTurn, fleet, turns } from './turns.ts';

export const ROWS: readonly Row[] = [
  reads,
  writes,
  scale,
  start,
  memory,
  idle,
  events,
  turns,
  firstTurn,
  fleet,
  http,
  library,
  peers,
];
