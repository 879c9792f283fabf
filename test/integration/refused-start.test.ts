import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { LineWire } from '../support/client/line-wire.ts';
import { INITIALIZE, modern } from '../support/client/messages.ts';
import type { Place } from '../support/client/place.ts';
import { MAIN, type Start } from '../support/client/program.ts';
import { CLIENTS } from '../support/client/sdk-client.ts';
import { connectStdio, makePlace } from '../support/program.ts';

const OPTIONS = { timeout: 60_000 };

/** As a desktop program is built with its own SQLite. */
const OLD_SQLITE = `
  import { DatabaseSync } from 'node:sqlite';
  const get = () => ({ version: '3.50.4' });
  DatabaseSync.prototype.prepare = () => ({ get });
  Object.defineProperty(process, 'versions', { value: { ...process.versions, electron: '38.1.2' } });`;

const ways: readonly [string, (place: Place) => Start | Promise<Start>, number, RegExp][] = [
  ['a bad setting', () => ({ args: ['--max-live', '0'] }), 2, /^--max-live .*expected 1 to/],
  ['a root that is gone', () => ({ args: ['--root', '/nowhere'] }), 2, /\/nowhere is not an exist/],
  [
    'a state directory that is a file',
    async ({ stateDirectory }) => {
      await writeFile(stateDirectory, 'not a folder');
      return {};
    },
    1,
    /^state directory .*\/state: .*--state-dir/,
  ],
  [
    'a start inside a session of its own',
    () => ({ env: { CLAUDE_SESSIONS_MARKER: 'of a session' } }),
    2,
    /^a session of claude-sessions-mcp has started this server .*inside one of its own sessions$/,
  ],
  ['a variable with its value', () => ({ args: ['--env', 'A=B'] }), 2, /^--env .*the name only/],
  [
    'an old SQLite in a desktop program',
    () => ({ nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(OLD_SQLITE)}`] }),
    1,
    /inside a desktop program \(Electron 38\.1\.2\) with SQLite 3\.50\.4; update/,
  ],
];

describe.each(ways)('%s', OPTIONS, (_, prepare, exitCode, problem) => {
  test('is told to whoever starts the program, by an answer and a line, and the exit code', async () => {
    const place = await makePlace();
    const program = place.start(await prepare(place));
    const wire = new LineWire(program.child.stdin, program.child.stdout, program.stderr);
    const { error: probed } = await wire.request(
      'server/discover',
      modern('server/discover').params,
    );
    const { error } = await wire.request('initialize', INITIALIZE.params);
    expect(error).toMatchObject({ code: -32_000, message: expect.stringMatching(problem) });
    expect(probed).toEqual(error);
    const { code, stderr } = await program.ended;
    expect([code, stderr]).toEqual([exitCode, `claude-sessions-mcp: ${error?.message}\n`]);
  });

  test.each(CLIENTS)('is what the client %s reports', async (kind) => {
    const place = await makePlace();
    const { args = [], nodeArgs = [], env } = await prepare(place);
    const command = { command: process.execPath, args: [...nodeArgs, MAIN, ...args] };
    const said = await connectStdio(kind, { ...command, env: { ...place.env, ...env } }).catch(
      ({ message }: Error) => message.replace(/^MCP error -32000: /, ''),
    );
    expect(said).toMatch(problem);
  });
});
