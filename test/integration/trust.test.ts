/** What a session takes from a repository that wants more than it is trusted with, as a user of the program meets it. */

import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Workplace } from '../support/client/place.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { connectTo, exists, OPTIONS, rest } from './sessions.ts';

const TOKEN = 'alice-0123456789abcdef';

/** A repository with instructions, and with a hook that leaves a file beside the repository. */
async function makeRepository(place: Workplace, name: string) {
  const folder = place.folder(name);
  const mark = join(place.scratch, `${name.replaceAll('/', '-')}-ran`);
  const hooks = { SessionStart: [{ hooks: [{ type: 'command', command: `touch ${mark}` }] }] };
  await mkdir(join(folder, '.claude'));
  await mkdir(join(folder, '.git'));
  await writeFile(join(folder, '.claude', 'settings.json'), JSON.stringify({ hooks }));
  await writeFile(join(folder, 'CLAUDE.md'), `TEXT-OF-${name}`);
  return { folder, ran: () => exists(mark) };
}

/** Claude Code's own record of what a person has trusted. */
function record(place: Workplace, text: string): Promise<void> {
  return writeFile(join(place.env.CLAUDE_CONFIG_DIR ?? '', '.claude.json'), text);
}

function trusting(...paths: string[]): string {
  const projects = paths.map((path) => [path, { hasTrustDialogAccepted: true }]);
  return JSON.stringify({ projects: Object.fromEntries(projects) });
}

/** A session in the folder that has had a prompt; what it told the model, and the notices of its log. */
async function run(client: SdkClient, place: Workplace, folder: string, more = {}) {
  const options = { workingDirectory: folder, prompt: 'Say hello.', ...more };
  const { session } = await client.call('create_session', options);
  await rest(client, session.id);
  return {
    id: session.id,
    settings: session.settings,
    ...(await heard(client, place, session.id)),
  };
}

async function heard(client: SdkClient, place: Workplace, sessionId: string) {
  const { events } = await client.call('read_events', { sessionId, limit: 500 });
  const texts = events.flatMap(({ type, text }) => (type === 'notice' ? [text] : []));
  const ended = events.findLast(({ type }) => type === 'turn_ended')?.turn;
  expect(ended).toMatchObject({ state: 'completed' });
  return {
    notices: texts.filter((text) => /trust/.test(String(text))),
    told: JSON.stringify(place.api.requests.at(-1)?.body),
  };
}

describe('the record of Claude Code', OPTIONS, () => {
  test('lets a repository count that a person has trusted, and no other in whatever way it tries', async () => {
    const place = await makeWorkplace();
    const trusted = await makeRepository(place, 'trusted');
    const below = await makeRepository(place, 'parent/below');
    const linked = await makeRepository(place, 'linked');
    const forged = await makeRepository(place, 'forged');
    await symlink(linked.folder, join(place.directory, 'link'));
    const pointer = join(trusted.folder, '.git', 'worktrees', 'real');
    await mkdir(pointer, { recursive: true });
    await writeFile(join(pointer, 'gitdir'), join(place.directory, 'elsewhere', '.git'));
    await rm(join(forged.folder, '.git'), { recursive: true });
    await writeFile(join(forged.folder, '.git'), `gitdir: ${pointer}\n`);
    const paths = [trusted.folder, join(place.directory, 'parent'), join(place.directory, 'link')];
    await record(place, trusting(...paths));
    const client = await connectTo(place);

    expect(await run(client, place, trusted.folder)).toMatchObject({
      settings: 'user',
      notices: [],
      told: expect.stringContaining('TEXT-OF-trusted'),
    });
    expect(await trusted.ran()).toBe(true);
    for (const { folder, name } of [
      { folder: below.folder, name: 'parent/below' },
      { folder: linked.folder, name: 'linked' },
      { folder: forged.folder, name: 'forged' },
      { folder: join(place.directory, 'link'), name: 'linked' },
    ]) {
      expect(await run(client, place, folder), folder).toMatchObject({
        settings: 'memory',
        notices: [expect.stringMatching(/^CLAUDE.md was read. .* run `claude` there once/)],
        told: expect.stringContaining(`TEXT-OF-${name}`),
      });
    }
    const ran = await Promise.all([below, linked, forged].map((repository) => repository.ran()));
    expect(ran).toEqual([false, false, false]);
    const asked = { workingDirectory: below.folder, settings: 'user', prompt: 'Say hello.' };
    expect(await client.refusal('create_session', asked)).toMatchObject({
      code: 'INVALID_REQUEST',
      hint: expect.stringMatching(/run `claude` there once.*--trust/),
    });
    const none = await run(client, place, trusted.folder, { settings: 'none' });
    expect(none.settings).toBe('none');
    expect(none.told).not.toContain('TEXT-OF-trusted');
  });

  test('does not cover the MCP servers of the folders above a repository', async () => {
    const place = await makeWorkplace();
    const repository = await makeRepository(place, 'shared/repository');
    const marks = await mkdir(join(place.scratch, 'marks'), { recursive: true });
    const servers = (mark: string) => {
      const server = { command: 'sh', args: ['-c', `touch '${join(marks ?? '', mark)}'`] };
      return JSON.stringify({ mcpServers: { [mark]: server } });
    };
    const above = join(dirname(repository.folder), '.mcp.json');
    await writeFile(above, servers('above'));
    await writeFile(join(repository.folder, '.mcp.json'), servers('own'));
    await record(place, trusting(repository.folder));
    const client = await connectTo(place);
    const { settings, notices } = await run(client, place, repository.folder);
    expect(settings).toBe('user');
    expect(notices).toEqual([expect.stringContaining(`MCP servers of ${above} were not started`)]);
    expect(await readdir(marks ?? '')).toEqual(['own']);
  });

  test('counts for nothing when it is broken', async () => {
    const place = await makeWorkplace();
    const repository = await makeRepository(place, 'repository');
    await record(place, trusting(repository.folder).slice(0, -1));
    const client = await connectTo(place);
    const options = { workingDirectory: repository.folder, prompt: 'Say hello.' };
    const { session } = await client.call('create_session', options);
    expect(session.settings).toBe('memory');
    await rest(client, session.id);
    // Claude Code itself does not start with it.
    const { lastTurn } = (await client.call('get_session', { sessionId: session.id })).session;
    expect(lastTurn?.error).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'a configuration file of Claude Code is not valid JSON',
    });
    expect(await repository.ran()).toBe(false);
  });

  test('that is withdrawn between two turns counts for the second no more', async () => {
    const place = await makeWorkplace();
    const repository = await makeRepository(place, 'repository');
    await record(place, trusting(repository.folder));
    const client = await connectTo(place);
    const { id, settings } = await run(client, place, repository.folder, { settings: 'project' });
    expect(settings).toBe('project');
    expect(await repository.ran()).toBe(true);
    await client.close();
    await record(place, '{}');
    const hook = join(repository.folder, '.claude', 'settings.json');
    const later = join(place.scratch, 'later-ran');
    const command = { type: 'command', command: `touch ${later}` };
    await writeFile(hook, JSON.stringify({ hooks: { SessionStart: [{ hooks: [command] }] } }));
    const again = await connectTo(place);
    await again.call('send_prompt', { sessionId: id, prompt: 'And now?' });
    await rest(again, id);
    const { notices, told } = await heard(again, place, id);
    expect(notices).toEqual([
      expect.stringMatching(/settings "memory" from now on, not "project"/),
    ]);
    expect(told).toContain('TEXT-OF-repository');
    expect(await exists(later)).toBe(false);
    const { session } = await again.call('get_session', { sessionId: id });
    expect(session.settings).toBe('memory');
  });
});

describe('over HTTP', OPTIONS, () => {
  test('the record counts for nobody, and what the operator trusts counts for everybody', async () => {
    const place = await makeWorkplace();
    const repository = await makeRepository(place, 'repository');
    const chosen = await makeRepository(place, 'chosen');
    await record(place, trusting(repository.folder));
    const file = join(place.scratch, 'tokens');
    await writeFile(file, `alice:${TOKEN}\n`, { mode: 0o600 });
    const claude = ['--trust', 'claude', '--trust', `${chosen.folder}=project`];
    const program = await place.startHttp(['--token-file', file, ...claude]);
    const alice = await connectHttp('v2 legacy', { url: program.url, token: TOKEN });
    expect(await run(alice, place, repository.folder)).toMatchObject({
      settings: 'memory',
      told: expect.stringContaining('TEXT-OF-repository'),
    });
    const asked = { workingDirectory: repository.folder, settings: 'project' };
    expect(await alice.refusal('create_session', asked)).toMatchObject({
      code: 'INVALID_REQUEST',
      hint: expect.not.stringContaining('`claude`'),
    });
    expect((await alice.call('list_sessions')).sessions).toHaveLength(1);
    expect(await repository.ran()).toBe(false);
    expect(await run(alice, place, chosen.folder)).toMatchObject({ settings: 'project' });
    expect(await chosen.ran()).toBe(true);
    await program.stop();

    const open = await place.startHttp(['--no-auth']);
    const local = await connectHttp('v2 legacy', { url: open.url, token: '' });
    expect(await run(local, place, repository.folder)).toMatchObject({ settings: 'memory' });
    expect(await repository.ran()).toBe(false);
  });
});

test('a session of an earlier version goes on with nothing of its directory', OPTIONS, async () => {
  const place = await makeWorkplace();
  const repository = await makeRepository(place, 'repository');
  await record(place, trusting(repository.folder));
  const id = 'claude_00000000-0000-4000-8000-000000000001';
  const options = { workingDirectory: repository.folder };
  const of = { principal: 'local', mcpSessionId: null, labels: {} };
  const store = await openSqliteStore({ directory: place.stateDirectory });
  await store.create(id, [{ type: 'session_created', options, ...of }]);
  await store.close();
  const client = await connectTo(place);
  expect((await client.call('get_session', { sessionId: id })).session.settings).toBe('none');
  await client.call('send_prompt', { sessionId: id, prompt: 'Say hello.' });
  await rest(client, id);
  const { notices, told } = await heard(client, place, id);
  expect(told).toContain('Say hello.');
  expect(told).not.toContain('TEXT-OF-repository');
  expect(notices).toEqual([]);
  expect(await repository.ran()).toBe(false);
});
