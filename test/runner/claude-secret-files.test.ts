/** The server's own files and the tools of the real Claude Code. */

import { link, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Step } from '../support/messages-api.ts';
import { openWorld } from './open-world.ts';

const SECRET = 'THE-SECRET';
/** With a pattern, a rule is passed on to Claude Code, which has no Grep otherwise. */
const TOOLS = ['Read', 'Grep(**)', 'Write'];

const world = await openWorld(120_000);

const read = (path: string): Step => ({ tool: 'Read', input: { file_path: path } });
const grep = (path: string): Step => ({
  tool: 'Grep',
  input: { pattern: SECRET, path, output_mode: 'content' },
});

describe('a token file whose target changes while Claude Code lives', () => {
  test.each(['default', 'acceptEdits', 'dontAsk', 'bypassPermissions'] as const)(
    'stays closed in the mode %s',
    async (permissionMode) => {
      const folder = join(world.cwd, `mounted-${permissionMode}`);
      const at = (...names: string[]) => join(folder, ...names);
      for (const name of ['old', 'new']) {
        await mkdir(at(name), { recursive: true });
        await writeFile(at(name, 'token'), SECRET);
      }
      await symlink('old', at('data'));
      await symlink('data/token', at('token'));
      const runner = world.runner({ secretFiles: [at('token')], environment: { IS_SANDBOX: '1' } });
      const options = { permissionMode, allowedTools: TOOLS };
      const session = await world.start({ options }, runner);
      await session.turn([read(at('old', 'token')), { text: 'x' }]);
      await symlink('new', at('next'));
      await rename(at('next'), at('data'));
      await link(at('new', 'token'), at('hard'));
      const looks = [
        ...['token', 'data/token', 'new/token', 'hard'].map((name) => read(at(name))),
        ...['new', 'data', 'data/token'].map((name) => grep(at(name))),
        { tool: 'Write', input: { file_path: at('new', 'token'), content: 'mine' } },
        { tool: 'Bash', input: { command: `cat ${at('new', 'token')}` } },
      ];
      await session.turn([...looks, { text: 'x' }]);
      const results = session.heard.all('tool_result').map(({ text }) => text);
      expect(results).toHaveLength(looks.length + 1);
      expect(results.join('\n')).not.toMatch(/THE-SECRET|No such tool/);
      expect(results.slice(-2).join('\n')).not.toContain('mine');
    },
  );
});

test.each(['a[b]c', 'a\\b', 'a*b', 'a?b', 'a(b', 'a)b', '!a', 'a{b,c}d', ' a b ', 'ä', 'a\nb'])(
  'a state directory of the name %j stays closed too',
  async (name) => {
    const parent = join(world.cwd, Buffer.from(name).toString('hex'));
    const folder = join(parent, name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'token'), SECRET);
    await writeFile(join(folder, 'sessions.db-wal'), SECRET);
    await writeFile(join(folder, 'other'), 'readable');
    const secretFiles = [join(folder, 'token'), join(folder, 'sessions.db*')];
    const session = await world.start(
      { options: { allowedTools: TOOLS } },
      world.runner({ secretFiles }),
    );
    await session.turn([
      read(join(folder, 'token')),
      read(join(folder, 'sessions.db-wal')),
      grep(folder),
      grep(parent),
      { tool: 'Write', input: { file_path: join(folder, 'sessions.db-new'), content: '' } },
      read(join(folder, 'other')),
      { text: 'x' },
    ]);
    const results = session.heard.all('tool_result').map(({ text }) => text);
    expect(results.slice(0, 5).join('\n')).not.toMatch(/THE-SECRET|No such tool/);
    expect(results[5]).toContain('readable');
    expect(await readdir(folder)).not.toContain('sessions.db-new');
  },
);
