/** The two servers that the suite is run against: the fixture behind our wiring, and the built program. */

import { randomUUID } from 'node:crypto';
import { loggerTo } from '../../src/log.ts';
import { serveHttp } from '../../src/transport/http/http.ts';
import { openPlace } from '../support/client/place.ts';
import { createFixtureServer } from './fixture.ts';

export type Running = { readonly url: string; close(): Promise<void> };

export function startFixture(): Promise<Running> {
  const ignore = () => {};
  return serveHttp({
    host: '127.0.0.1',
    port: 0,
    mode: 'dual',
    authenticate: () => 'local',
    connections: {
      createServer: createFixtureServer,
      follow: () => ignore,
      opened: ignore,
      present: ignore,
      away: ignore,
      closed: ignore,
    },
    log: loggerTo({ write: ignore }, 'silent'),
    newId: randomUUID,
  });
}

/** On a state directory of its own, without a token: the suite can send none. */
export async function startProgram(): Promise<Running> {
  const place = await openPlace('missing');
  const { url } = await place.startHttp(['--no-auth', '--http-mode', 'dual']);
  return { url, close: () => place.remove() };
}
