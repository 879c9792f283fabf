import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openSession, openStream } from '../support/client/http-wire.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';

const ALICE = 'alice-0123456789abcdef';
const BOB = 'bob-0123456789abcdef';

describe('the token file of a running program', { timeout: 60_000 }, () => {
  test('stands in the lines for clients, each of which gives one token away', async () => {
    const place = await makeWorkplace();
    const tokenFile = join(place.scratch, "the team's tokens");
    await writeFile(tokenFile, `alice:${ALICE}\r\n# bob\nbob:${BOB}\n`, { mode: 0o600 });
    const claude = join(place.scratch, 'claude');
    await writeFile(claude, '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
    const { stderr, url } = await place.startHttp(['--token-file', tokenFile]);
    await expect.poll(stderr).toMatch(/as bob .*\n/);
    const env = { PATH: `${place.scratch}:${place.env.PATH}` };
    const lines = [...stderr().matchAll(/claude mcp add .*/g)].map(([line]) => line);
    const called = lines.map((line) => promisify(execFile)('sh', ['-c', line], { env }));
    expect((await Promise.all(called)).map(({ stdout }) => stdout.trimEnd().split('\n'))).toEqual(
      [ALICE, BOB].map((token) => [
        ...['mcp', 'add', '--transport', 'http', 'claude-sessions', url],
        ...['--header', `Authorization: Bearer ${token}`],
      ]),
    );
  });

  test('counts as it stands: who is struck out is cut off, who is written in is let in', async () => {
    const place = await makeWorkplace();
    const tokenFile = join(place.scratch, 'tokens');
    await writeFile(tokenFile, `alice:${ALICE}\n`, { mode: 0o600 });
    const program = await place.startHttp(['--token-file', tokenFile]);
    const alice = await connectHttp('v2 legacy', { url: program.url, token: ALICE });
    const create = { workingDirectory: place.directory, onDisconnect: 'end' };
    const { session } = await alice.call('create_session', create);
    const mcpSession = await openSession(program, ALICE);
    const { response } = await openStream(program, mcpSession, ALICE);
    const cut = new Promise((resolve) => response.once('close', resolve));
    response.on('error', () => {}).resume();
    await writeFile(tokenFile, `bob:${BOB}\nalice:${ALICE}x\n`);
    await cut;
    await expect
      .poll(() => alice.call('list_sessions').catch(String), { timeout: 20_000 })
      .toMatch(/bearer token|401/i);
    const bob = await connectHttp('v1', { url: program.url, token: BOB });
    expect(await bob.call('list_sessions')).toEqual({ sessions: [] });
    const again = await connectHttp('v1', { url: program.url, token: `${ALICE}x` });
    expect((await again.call('get_session', { sessionId: session.id })).session.id).toBe(
      session.id,
    );
    await writeFile(tokenFile, 'no token at all: \n');
    await expect.poll(() => program.stderr(), { timeout: 20_000 }).toContain('stay valid');
    expect(await bob.call('list_sessions')).toEqual({ sessions: [] });
    expect((await program.stop()).code).toBe(0);
  });
});
