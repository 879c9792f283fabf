/** The completions as real shells load and use them; they call the built program. */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES, specOf } from '../../src/commands.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { ANY_TURN } from '../store/fixtures.ts';
import { commandOf, type Workplace } from '../support/client/place.ts';
import { makeWorkplace } from '../support/program.ts';

const OPTIONS = { timeout: 90_000 };
const run = promisify(execFile);

/** A place whose shells find the program by its name. */
class Shells {
  readonly place: Workplace;
  readonly #env: Record<string, string>;

  constructor(place: Workplace) {
    this.place = place;
    const bin = join(place.scratch, 'bin');
    mkdirSync(bin);
    const { command, args } = commandOf([]);
    const line = [command, ...args].map((word) => `'${word}'`).join(' ');
    const file = join(bin, 'claude-sessions-mcp');
    writeFileSync(file, `#!/bin/sh\nexec ${line} "$@"\n`);
    chmodSync(file, 0o755);
    this.#env = { ...place.env, PATH: `${bin}:${place.env.PATH}`, LC_ALL: 'C.UTF-8' };
  }

  /** What bash would insert for the last of these words, as it has taken the line apart. */
  async bash(...words: string[]): Promise<string[]> {
    const script = `source ${join(this.place.scratch, 'completion.bash')}
COMP_WORDS=(claude-sessions-mcp "$@"); COMP_CWORD=$#
_claude_sessions_mcp claude-sessions-mcp "\${!#}" ''
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const args = ['--norc', '-c', script, 'bash', ...words];
    const { stdout, stderr } = await run('bash', args, { env: this.#env });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((line) => line !== '');
  }

  /** The program's arguments that bash makes of a word that was inserted. */
  async typed(word: string): Promise<string> {
    const args = ['--norc', '-c', `printf '%s' ${word}`];
    return (await run('bash', args, { env: this.#env })).stdout;
  }
}

async function makeShells(): Promise<Shells> {
  const place = await makeWorkplace();
  const { code, stdout, stderr } = await place.start({ args: ['completion', 'bash'] }).ended;
  expect([code, stderr]).toEqual([0, '']);
  writeFileSync(join(place.scratch, 'completion.bash'), stdout);
  return new Shells(place);
}

/** Makes sessions with these names. */
async function name(store: Store, names: readonly string[]) {
  const sessions = names.map((name) => ({ name, id: `claude_${randomUUID()}` }));
  for (const { id, name } of sessions) {
    const options = { workingDirectory: '/work' };
    const made = { principal: 'local', mcpSessionId: null, options, labels: {}, name };
    await store.create(id, [{ type: 'session_created', ...made }]);
  }
  return sessions.map(({ id }) => ({ id, short: id.slice('claude_'.length, -28) }));
}

describe('in bash', OPTIONS, () => {
  test('commands, flags, and the values of a flag', async () => {
    const shells = await makeShells();
    expect(await shells.bash('')).toEqual(COMMAND_NAMES);
    expect(await shells.bash('ta')).toEqual(['tail']);
    const own = specOf('list').flags.map((flag) => `--${flag}`);
    expect(await shells.bash('list', '--')).toEqual([...own, '--state-dir', '--help']);
    expect(await shells.bash('http', '--po')).toEqual(['--port']);
    expect(await shells.bash('list', '--status', 'b')).toEqual(['busy']);
    // bash breaks the line at an equals sign.
    expect(await shells.bash('list', '--status', '=', 're')).toEqual(['ready']);
    expect(await shells.bash('list', '--status', '=')).toContain('terminated');
    expect(await shells.bash('--log-level', 'wa')).toEqual(['warn']);
    expect(await shells.bash('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await shells.bash('help', 'sett')).toEqual(['settings']);
    expect(await shells.bash('end', 'x', '--reason', '')).toEqual([]);
    expect(await shells.bash('bogus', '')).toEqual([]);
  });

  test('sessions by id and by name, quoted so that a shell reads them as they are', async () => {
    const shells = await makeShells();
    const store = await openSqliteStore({ directory: shells.place.stateDirectory });
    const odd = `it's $(touch x) \`y\`: a=b "grün" \\ *`;
    const made = await name(store, ['long job', odd, 'twice', 'twice', '-rf', 'bad\u001b[2Jname']);
    await store.close();
    const ids = made.map(({ short }) => short);
    const [first = { id: '' }] = made;
    expect(await shells.bash('show', first.id.slice(0, 12))).toEqual([first.id]);
    const all = await shells.bash('show', '');
    expect(all).toEqual(expect.arrayContaining(ids));
    expect(all.filter((word) => !ids.includes(word)).sort()).toHaveLength(2);
    expect(await shells.bash('show', 'lo')).toEqual(['long\\ job']);
    expect(await shells.bash('show', '"lo')).toEqual(['long job']);
    expect(await shells.bash('show', 'long\\ j')).toEqual(['long\\ job']);
    const [bare = ''] = await shells.bash('show', 'it');
    expect(await shells.typed(bare)).toBe(odd);
    const [inside = ''] = await shells.bash('show', '"it');
    expect(await shells.typed(`"${inside}"`)).toBe(odd);
    expect(await shells.bash('show', "'it")).toEqual([]);
    // The state directory of the line that is being typed, not another one.
    expect(await shells.bash('show', '--state-dir', '/does/not/exist', '')).toEqual([]);
    expect(await shells.bash('send', 'lo', '')).toEqual([]);
  });

  test('requests for the command that answers them, and nothing that has ended for one that acts', async () => {
    const shells = await makeShells();
    const store = await openSqliteStore({ directory: shells.place.stateDirectory });
    const names = ['twice', 'once', 'over'];
    const [twice, once, over] = await name(store, names);
    if (twice === undefined || once === undefined || over === undefined) throw new Error('none');
    await store.append(over.id, { type: 'end', reason: 'over' });
    for (const { id } of [twice, once]) {
      await store.append(id, { type: 'queue_prompt', turnId: `t-${id}`, prompt: 'p' });
      await store.claim('o', ANY_TURN);
    }
    const ask = (id: string, requestId: string, toolName: string) => {
      const request = { turnId: `t-${id}`, input: { command: 'ls' }, expiresAt: 9e15 };
      const asked = { ...request, requestId, toolName };
      return store.append(id, { type: 'request_permission', request: asked });
    };
    await ask(twice.id, 'aaaaaaaa-1', 'Bash');
    await ask(twice.id, 'bbbbbbbb-2', 'AskUserQuestion');
    await ask(once.id, 'cccccccc-3', 'Bash');
    await store.close();
    const all = async (command: string) => (await shells.bash(command, '')).toSorted();
    expect(await all('allow')).toEqual(['aaaaaaaa', 'cccccccc', once.short, 'once'].toSorted());
    expect(await all('answer')).toEqual(['bbbbbbbb']);
    expect(await all('deny')).toEqual(
      ['aaaaaaaa', 'bbbbbbbb', 'cccccccc', once.short, 'once'].toSorted(),
    );
    expect(await all('end')).toEqual([once.short, twice.short, 'once', 'twice'].toSorted());
    expect(await shells.bash('show', 'ov')).toEqual(['over']);
  });

  test('says nothing if anything is wrong', async () => {
    const shells = await makeShells();
    mkdirSync(shells.place.stateDirectory);
    writeFileSync(join(shells.place.stateDirectory, 'sessions.db'), 'no database '.repeat(500));
    expect(await shells.bash('show', '')).toEqual([]);
    expect(await shells.bash('show', '--state-dir', '')).toEqual([]);
    expect(await shells.bash('')).toEqual(COMMAND_NAMES);
  });
});
