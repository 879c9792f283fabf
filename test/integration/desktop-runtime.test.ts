import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeBundle } from '../packaging/bundle.ts';
import { CLAUDE, doTurn } from '../packaging/installed.ts';
import type { Workplace } from '../support/client/place.ts';
import { MAIN, Program } from '../support/client/program.ts';
import type { StdioServer } from '../support/client/sdk-client.ts';
import { connectStdio, makePlace, makeWorkplace } from '../support/program.ts';

const HOST = join(import.meta.dirname, 'programs', 'desktop-host.mjs');
const OPTIONS = { timeout: 120_000 };

function hosted({ env }: Pick<Workplace, 'env'>, entry: string, ...args: string[]): StdioServer {
  return { command: process.execPath, args: [HOST, entry, ...args], env };
}

describe(
  'imported by a desktop program, where Node is no program and streams are no files',
  OPTIONS,
  () => {
    test('the program runs a real session from end to end', async () => {
      const place = await makeWorkplace();
      await doTurn(hosted(place, MAIN), place.directory);
    });

    test('so does the bundle, in the folders that were picked', async () => {
      const place = await makeWorkplace();
      const bundle = join(place.scratch, 'bundle');
      await makeBundle(bundle, join(place.scratch, 'made.mcpb'));
      const { CLAUDE_SESSIONS_ROOT: _root, ...rest } = place.env;
      const env = { ...rest, CLAUDE_SESSIONS_CLAUDE_PATH: CLAUDE };
      await doTurn(hosted({ env }, join(bundle, 'start.mjs'), place.directory), place.directory);
    });

    test('the program ends with 0 at the end of its input', async () => {
      const place = await makePlace();
      const program = new Program([process.execPath, HOST, MAIN], place.env);
      place.defer(() => program.stop('SIGKILL'));
      expect(await program.leave()).toMatchObject({ code: 0, signal: null, stdout: '' });
    });

    test('a start that cannot work is told to the client', async () => {
      const place = await makePlace();
      const env = { ...place.env, CLAUDE_SESSIONS_MAX_LIVE: 'many' };
      const connecting = connectStdio('v2 auto', hosted({ env }, MAIN));
      await expect(connecting).rejects.toThrow(
        '--max-live (or CLAUDE_SESSIONS_MAX_LIVE): expected',
      );
    });
  },
);
