import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PermissionMode } from '../../src/session/options.ts';
import type { Step } from '../support/messages-api.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run } from './questions.ts';

const world = await openWorld();

/** A session that may also work in a new directory with a `CLAUDE.md` in it. */
async function startWith(name: string, permissionMode: PermissionMode = 'default') {
  const docs = join(world.directory, name);
  await mkdir(docs);
  await writeFile(join(docs, 'CLAUDE.md'), 'INSTRUCTIONS-BESIDE');
  const options = { additionalDirectories: [docs], permissionMode };
  return { docs, session: await world.start({ options }) };
}

const write = (file_path: string): Step => ({ tool: 'Write', input: { file_path, content: 'x' } });
const read = (file_path: string): Step => ({ tool: 'Read', input: { file_path } });
const resultsOf = ({ heard }: TestSession) => heard.all('tool_result').map(({ text }) => text);

describe('an additional directory', () => {
  test('is read without asking, and is told to Claude, but not what its CLAUDE.md says', async () => {
    const { docs, session } = await startWith('reads');
    await writeFile(join(docs, 'page'), 'a page of it');
    await run(session, [read(join(docs, 'page'))]);
    expect(askedFor(session)).toEqual([]);
    expect(resultsOf(session)[0]).toContain('a page of it');
    const requests = JSON.stringify(world.api.requests.map(({ body }) => body));
    expect(requests).toContain(docs);
    expect(requests).not.toContain('INSTRUCTIONS-BESIDE');
  });

  test('is written without asking by a session that accepts edits, but for what is protected', async () => {
    const { docs, session } = await startWith('edits', 'acceptEdits');
    const names = ['page', '.git/hooks/pre-commit', '.claude/settings.json', '.mcp.json'];
    await run(
      session,
      [...names, '../beside'].map((name) => write(join(docs, name))),
    );
    expect(session.heard.asked.map(({ input }) => input.file_path)).toEqual(
      [...names.slice(1), '../beside'].map((name) => join(docs, name)),
    );
    expect(await readFile(join(docs, 'page'), 'utf8')).toBe('x');
  });

  test.each(['agent-memory/a/MEMORY.md', 'launch.json'])(
    'keeps .claude/%s from being written, as the working directory does',
    async (name) => {
      const { docs, session } = await startWith(`kept-${name.length}`, 'acceptEdits');
      await run(session, [write(join(docs, '.claude', name))]);
      expect(session.heard.all('tool_result')).toMatchObject([{ isError: true }]);
      expect(askedFor(session)).toEqual([]);
    },
  );

  test('is one with the others for an answer that is remembered, protected files apart', async () => {
    const { docs, session } = await startWith('remembers');
    session.heard.answer = ({ memory }) => ({
      decision: 'allow',
      ...(memory && { remembered: memory.rule }),
    });
    const at = (name: string) => write(join(docs, name));
    await run(session, [at('a'), at('b'), write(join(world.cwd, 'c')), at('.git/x'), at('../d')]);
    expect(session.heard.asked.map(({ input }) => input.file_path)).toEqual(
      ['a', '.git/x', '../d'].map((name) => join(docs, name)),
    );
    const as = `Write files inside ${world.cwd}, ${docs}, except protected ones`;
    expect(session.heard.asked.map(({ memory }) => memory?.as)).toEqual([as, undefined, undefined]);
  });

  test('that is replaced by a link gives nothing away, and ends the process before the next prompt', async () => {
    const { docs, session } = await startWith('replaced');
    const outside = join(world.directory, 'private');
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, 'page'), 'THE-PRIVATE-PAGE');
    await session.turn('hello');
    expect(await session.run.isCurrent()).toBe(true);
    await rename(docs, `${docs}-before`);
    await symlink(outside, docs);
    session.heard.answer = () => ({ decision: 'deny', message: 'no' });
    await run(session, [read(join(docs, 'page'))]);
    expect(resultsOf(session).join()).not.toContain('THE-PRIVATE-PAGE');
    expect(await session.run.isCurrent()).toBe(false);
    await rm(docs);
  });

  test('that is gone keeps Claude Code from starting, and is named', async () => {
    const gone = join(world.directory, 'gone');
    await expect(world.start({ options: { additionalDirectories: [gone] } })).rejects.toMatchObject(
      {
        code: 'UNAVAILABLE',
        message: `the additional directory ${gone} does not exist`,
      },
    );
  });
});
