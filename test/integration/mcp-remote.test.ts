import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HttpProgram, Workplace } from '../support/client/place.ts';
import type { ClientKind, StdioServer } from '../support/client/sdk-client.ts';
import { connectStdio, makeWorkplace } from '../support/program.ts';
import { doMainJob } from './main-job.ts';

const require = createRequire(import.meta.url);
const PROXY = join(dirname(require.resolve('mcp-remote/package.json')), 'dist', 'proxy.js');

/** What a client's configuration holds that knows standard input and output only. */
function proxyTo(
  { url, token }: Pick<HttpProgram, 'url' | 'token'>,
  { env, scratch }: Workplace,
): StdioServer {
  const args = [PROXY, url, '--header', 'Authorization:$' + '{AUTH}', '--transport', 'http-only'];
  const own = { HOME: scratch, MCP_REMOTE_CONFIG_DIR: join(scratch, 'mcp-remote') };
  return {
    command: process.execPath,
    args: [...args, '--silent'],
    env: { PATH: env.PATH ?? '', AUTH: `Bearer ${token}`, ...own },
  };
}

describe('mcp-remote', { timeout: 60_000 }, () => {
  test.each<ClientKind>(['v1', 'v2 auto'])(
    'brings the %s client to the program over HTTP',
    async (kind) => {
      const place = await makeWorkplace();
      const program = await place.startHttp();
      const client = await connectStdio(kind, proxyTo(program, place));
      const session = await doMainJob(client, place);
      expect(session.mcpSessionId).toMatch(/^[0-9a-f-]{36}$/);
      await client.close();
      expect((await program.stop()).code).toBe(0);
    },
  );

  test('with a wrong token brings nobody', async () => {
    const place = await makeWorkplace();
    const program = await place.startHttp();
    const proxy = proxyTo({ ...program, token: `${program.token}x` }, place);
    await expect(connectStdio('v1', proxy)).rejects.toThrow();
  });
});
