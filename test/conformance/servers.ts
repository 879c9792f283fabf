/** The two servers that the suite is run against: the fixture behind our wiring, and the built program. */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { on, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loggerTo } from '../../src/log.ts';
import { serveHttp } from '../../src/transport/http.ts';
import { createFixtureServer } from './fixture.ts';

export type Running = { readonly url: string; close(): Promise<void> };

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

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
  const directory = await mkdtemp(join(tmpdir(), 'conformance-program-'));
  const flags = ['--port', '0', '--no-auth', '--http-mode', 'dual', '--root', directory];
  const args = [MAIN, 'http', ...flags, '--state-dir', join(directory, 'state')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  const close = async () => {
    child.kill();
    await closed;
    await rm(directory, { recursive: true });
  };
  let told = '';
  for await (const [chunk] of on(child.stderr, 'data', { close: ['end'] })) {
    told += chunk;
    const url = /serving MCP at (\S+)\n/.exec(told)?.[1];
    if (url !== undefined) {
      child.stderr.resume();
      return { url, close };
    }
  }
  await close();
  throw new Error(`the program ended before it served: ${told}`);
}
