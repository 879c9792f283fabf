import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import type { Workplace } from '../support/client/place.ts';
import { Program, ROOT } from '../support/client/program.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { OPTIONS, POLL } from './sessions.ts';

describe('a server over HTTP that npm runs ends with npm', OPTIONS, () => {
  // npm passes on the first two.
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)('by %s', async (signal) => {
    const place = await makeWorkplace();
    const npm = start(place, ['--silent', '--prefix', ROOT, 'start', '--'], place.directory);
    await endsWith(npm, place, signal);
  });

  test('that was called as npx', async () => {
    const place = await makeWorkplace();
    const bin = join(place.scratch, 'node_modules', '.bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(place.scratch, 'package.json'), '{}');
    await symlink(join(ROOT, 'dist', 'main.js'), join(bin, 'claude-sessions-mcp'));
    const npm = start(place, ['exec', 'claude-sessions-mcp', '--'], place.scratch);
    await endsWith(npm, place, 'SIGTERM');
  });
});

test('sessions of a server that npm runs have the PATH of its caller', async () => {
  const place = await makeWorkplace();
  const words = ['--silent', '--prefix', ROOT, 'start', '--', 'doctor', '--json'];
  // The tests are run by npm too.
  const own = (place.env.PATH ?? '').split(delimiter).filter((it) => !/node_modules/.test(it));
  const env = { ...place.env, PATH: own.join(delimiter) };
  const { stdout } = await new Program(['npm', ...words], env).ended;
  const { checks } = JSON.parse(stdout) as { checks: { name: string; detail: string }[] };
  const path = checks.find(({ name }) => name === 'PATH');
  expect(path?.detail).not.toContain(join(ROOT, 'node_modules'));
});

function start(place: Workplace, words: readonly string[], cwd: string): Program {
  const command = ['npm', ...words, 'http', '--port', '0', '--no-auth'];
  const npm = new Program(command, place.env, true, cwd);
  place.defer(() => npm.stop('SIGKILL'));
  return npm;
}

/** Kills npm alone while a session works: the port is closed, and nothing is left of the server and its sessions. */
async function endsWith(npm: Program, place: Workplace, signal: NodeJS.Signals) {
  const url = await npm.servingUrl();
  const client = await connectHttp('v2 legacy', { url, token: '' });
  const prompt = script([{ hang: 'headers' }]);
  await client.call('create_session', { workingDirectory: place.directory, prompt });
  await expect.poll(() => place.api.requests.length, POLL).toBeGreaterThan(0);
  expect((await processesWith(place.scratch)).length).toBeGreaterThanOrEqual(3);
  const exited = once(npm.child, 'exit');
  npm.child.kill(signal);
  await exited;
  await expect.poll(() => processesWith(place.scratch), POLL).toEqual([]);
  await expect(fetch(url)).rejects.toThrow();
}
