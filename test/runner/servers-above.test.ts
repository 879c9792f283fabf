import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MCP_JSON_BYTES_MAX } from '../../src/process-limits.ts';
import { seeServersAbove } from '../../src/runner/servers-above.ts';
import { put } from '../support/marked-repository.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

const servers = (...names: string[]) =>
  JSON.stringify({ mcpServers: Object.fromEntries(names.map((name) => [name, {}])) });

/** Folders `a`, `a/b` and `a/b/c` with these files, and what is left out in the last if `untrusted` is not trusted. */
async function seen(name: string, files: Record<string, string>, untrusted: readonly string[]) {
  const top = join(world.directory, name);
  mkdirSync(join(top, 'a/b/c'), { recursive: true });
  put(top, files);
  const folders = untrusted.map((folder) => join(top, folder));
  const above = await seeServersAbove(join(top, 'a/b/c'), folders);
  return { top, above, left: above.left.map(({ name: server }) => server).sort() };
}

test('of servers of one name, the nearest one counts, and not if its folder is not trusted', async () => {
  const files = {
    'a/.mcp.json': servers('far', 'both', 'hidden'),
    'a/b/.mcp.json': servers('both', 'near', 'own'),
    'a/b/c/.mcp.json': servers('own'),
  };
  expect((await seen('one', files, ['a'])).left).toEqual(['far', 'hidden']);
  expect((await seen('two', files, ['a/b'])).left).toEqual(['both', 'near']);
  expect((await seen('three', files, ['a', 'a/b'])).left).toEqual([
    'both',
    'far',
    'hidden',
    'near',
  ]);
  expect((await seen('four', files, [])).left).toEqual([]);
});

test('what Claude Code does not read is nothing, and what it reads is found', async () => {
  const big = servers('big').padEnd(MCP_JSON_BYTES_MAX + 1);
  const { top, above, left } = await seen('odd', { 'a/.mcp.json': big }, ['a']);
  expect(left).toEqual([]);
  const at = join(top, 'a/.mcp.json');
  for (const text of ['{', '[]', 'null', '{"mcpServers":[]}', '{"mcpServers":null}', '']) {
    writeFileSync(at, text);
    expect(await above.isUnchanged(), text).toBe(true);
  }
  writeFileSync(at, `\uFEFF${servers('known')}`);
  expect(await above.isUnchanged()).toBe(false);
  execFileSync('rm', [at]);
  execFileSync('sh', ['-c', 'mkfifo "$0"', at]);
  expect(await above.isUnchanged()).toBe(true);
  execFileSync('rm', [at]);
  put(top, { 'elsewhere.json': servers('linked') });
  symlinkSync(join(top, 'elsewhere.json'), at);
  expect(await above.isUnchanged()).toBe(false);
});

test.each(['project', 'user'] as const)(
  'Claude Code starts no server of a folder above that is not trusted, at the level %s',
  async (settings) => {
    const marks = join(world.directory, `marks-${settings}`);
    mkdirSync(marks);
    const server = (mark: string) => ({ command: 'sh', args: ['-c', `touch ${marks}/${mark}`] });
    const file = (named: Record<string, string>) => {
      const entries = Object.entries(named).map(([name, mark]) => [name, server(mark)]);
      return JSON.stringify({ mcpServers: Object.fromEntries(entries) });
    };
    const top = join(world.directory, `top-${settings}`);
    put(top, {
      '.mcp.json': file({ above: 'above', 'a b/c': 'odd', same: 'same-above' }),
      'trusted/.mcp.json': file({ trusted: 'trusted' }),
      'trusted/repository/.mcp.json': file({ own: 'own', same: 'same-own' }),
    });
    const workingDirectory = join(top, 'trusted/repository');
    const session = await world.start({
      options: { workingDirectory, settings },
      untrustedAbove: [top],
    });
    await session.turn('hello');
    const ran = execFileSync('ls', [marks], { encoding: 'utf8' }).trim().split('\n');
    expect(ran).toEqual(['own', 'same-own', 'trusted']);
    const notices = session.heard.all('notice').map(({ text }) => text);
    expect(notices).toContainEqual(
      expect.stringContaining(`MCP servers of ${join(top, '.mcp.json')} were not started`),
    );
    expect(await session.run.isCurrent()).toBe(true);
    put(top, { '.mcp.json': file({ later: 'later' }) });
    expect(await session.run.isCurrent()).toBe(false);
  },
);
