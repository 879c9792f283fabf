import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { ROOT } from '../support/client/program.ts';
import { mcpJsonEntry } from '../support/mcp-json.ts';
import { connectStdio, makeWorkplace } from '../support/program.ts';

test('mcp.json starts the server in the clone’s folder, and nothing of it stays behind', async () => {
  const place = await makeWorkplace();
  const { command, args } = await mcpJsonEntry();
  const client = await connectStdio('v2 auto', { command, args, cwd: ROOT, env: place.env });
  expect(await client.toolNames()).toEqual(
    expect.arrayContaining(['create_session', 'send_prompt', 'get_metrics', 'end_session']),
  );
  const create = { workingDirectory: place.directory };
  const { session } = await client.call('create_session', create);
  await client.call('send_prompt', { sessionId: session.id, prompt: 'hello', waitMs: 20_000 });
  // npm, the server and Claude Code at least.
  expect((await processesWith(place.scratch)).length).toBeGreaterThanOrEqual(3);
  await client.close();
  expect(await processesWith(place.scratch)).toEqual([]);
}, 180_000);

test('npm called from another folder: a session works there, and paths are meant from there', async () => {
  const place = await makeWorkplace();
  const server = ['--silent', '--prefix', ROOT, 'start'];
  const at = { cwd: place.directory, env: { ...place.env } };
  const client = await connectStdio('v1', { command: 'npm', args: server, ...at });
  const { session } = await client.call('create_session');
  expect(session.workingDirectory).toBe(place.directory);
  await promisify(execFile)('npm', [...server, '--', 'backup', 'copy.db'], at);
  expect(await readdir(place.directory)).toEqual(['copy.db']);
}, 180_000);
