import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ADDITIONAL_DIRECTORIES_MAX } from '../../src/limits.ts';
import { startWithClient } from '../support/harness.ts';

/** A root with `docs`, `lib`, a file and a link to outside beside the directory in which sessions work. */
async function start() {
  const { harness, client } = await startWithClient();
  const [root = ''] = harness.settings.roots;
  for (const name of ['docs', 'lib', '../outside']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, '../outside'), join(root, 'out'));
  symlinkSync(join(root, 'docs'), join(root, 'link'));
  const at = (...names: string[]) => names.map((name) => join(root, name));
  return { harness, client, root, at };
}

describe('additional directories', () => {
  test.each<[string, (root: string) => unknown, string]>([
    ['relative', () => ['docs'], 'docs is not an absolute path'],
    ['missing', (root) => [`${root}/nothing`], 'is not an existing directory'],
    ['a file', (root) => [`${root}/file`], 'is not a directory'],
    ['outside the roots', (root) => [`${root}/../outside`], 'is not an existing directory'],
    ['a link to outside', (root) => [`${root}/out`], 'is not an existing directory'],
    ['partly bad', (root) => [`${root}/docs`, '/etc'], '/etc is not an existing directory'],
    ['empty paths', () => [''], 'additionalDirectories'],
    ['no list', () => 7, 'additionalDirectories'],
    ['too many', (root) => Array(ADDITIONAL_DIRECTORIES_MAX + 1).fill(`${root}/docs`), '10'],
  ])('that are %s are refused, and no session is made', async (_what, given, message) => {
    const { harness, client, root } = await start();
    const args = { additionalDirectories: given(root), prompt: 'go' };
    const refusal = await client.refusal('create_session', args);
    expect(refusal).toMatchObject({ code: 'INVALID_REQUEST', retryable: false });
    expect(refusal.message).toContain('additionalDirectories');
    expect(refusal.message).toContain(message);
    expect(await client.call('list_sessions')).toEqual({ sessions: [] });
    expect(harness.runner.specs).toEqual([]);
  });

  test('that are missing are told apart from those outside, but not where a link leads', async () => {
    const { client, root } = await start();
    symlinkSync(join(root, '../outside/nothing'), join(root, 'dangling'));
    const hintFor = async (path: string) => {
      const refusal = await client.refusal('create_session', { workingDirectory: path });
      return refusal.hint;
    };
    const inside = ['nothing', 'nothing/below', 'docs/nothing', 'file/below', 'link/nothing'];
    for (const name of inside) expect(await hintFor(join(root, name))).toMatch(/create it first/);
    const outside = ['../nothing', '../outside', 'out', 'out/nothing', 'dangling', 'dangling/x'];
    for (const name of outside) expect(await hintFor(join(root, name))).toMatch(/^the roots are/);
  });

  test('are taken in every spelling of a path, once each, and without the working directory', async () => {
    const { client, harness, root, at } = await start();
    const [docs = '', lib = ''] = at('docs', 'lib');
    const additionalDirectories = [`file://${docs}`, harness.work, join(root, 'link'), `${lib}/`];
    const given = { workingDirectory: harness.work, additionalDirectories };
    const { session } = await client.call('create_session', given);
    const { rules } = await client.call('get_session', { sessionId: session.id });
    expect(rules).toEqual({ additionalDirectories: [docs, lib] });
    const itself = { workingDirectory: harness.work, additionalDirectories: [harness.work] };
    const alone = await client.call('create_session', itself);
    const shown = await client.call('get_session', { sessionId: alone.session.id });
    expect(shown.rules).toBeUndefined();
    // One text where a list is wanted is a list of one.
    const one = await client.call('create_session', { additionalDirectories: docs });
    const { rules: ofOne } = await client.call('get_session', { sessionId: one.session.id });
    expect(ofOne).toEqual({ additionalDirectories: [docs] });
  });

  test('reach the process, also after a restart and in a fork', async () => {
    const { harness, client, at } = await start();
    const additionalDirectories = at('docs', 'lib');
    const { session } = await client.call('create_session', { additionalDirectories });
    await harness.reopen();
    const later = await harness.connect();
    const fork = await later.call('fork_session', { sessionId: session.id });
    for (const { id } of [session, fork.session]) {
      await later.call('send_prompt', { sessionId: id, prompt: 'go' });
      await harness.running(id);
    }
    const given = harness.runner.specs.map(({ options }) => options.additionalDirectories);
    expect(given).toEqual([additionalDirectories, additionalDirectories]);
  });

  test.each<[string, (path: string) => void, string]>([
    ['is gone', () => {}, 'does not exist'],
    ['has become a file', (path) => writeFileSync(path, ''), 'is not a directory'],
    ['has become a link to outside', (path) => symlinkSync('/', path), 'outside the roots'],
  ])('keep a session from starting if one %s', async (_what, replace, message) => {
    const { harness, client, at } = await start();
    const [docs = '', lib = ''] = at('docs', 'lib');
    const args = { additionalDirectories: [docs, lib] };
    const { session } = await client.call('create_session', args);
    const sessionId = session.id;
    rmSync(lib, { recursive: true });
    replace(lib);
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'go', waitMs: 20_000 });
    expect(turn).toMatchObject({ state: 'failed', error: { code: 'UNAVAILABLE' } });
    expect(turn.error?.message).toContain(`the additional directory ${lib}`);
    expect(turn.error?.message).toContain(message);
    expect(harness.runner.specs).toEqual([]);
    rmSync(lib, { force: true });
    mkdirSync(lib);
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    await harness.running(sessionId);
    expect(harness.runner.specs[0]?.options.additionalDirectories).toEqual([
      docs,
      realpathSync(lib),
    ]);
  });
});

describe('the model to fall back on, and the effort', () => {
  test('are shown, and kept by a fork', async () => {
    const { harness, client } = await start();
    const args = { model: 'opus', fallbackModel: 'sonnet', effort: 'high' };
    const { session } = await client.call('create_session', args);
    expect(session).toMatchObject({ model: 'opus', effort: 'high' });
    const { session: fork } = await client.call('fork_session', { sessionId: session.id });
    expect(fork.effort).toBe('high');
    const shown = await client.call('get_session', { sessionId: fork.id });
    expect(shown.rules).toEqual({ fallbackModel: 'sonnet' });
    await client.call('send_prompt', { sessionId: fork.id, prompt: 'go' });
    await harness.running(fork.id);
    expect(harness.runner.specs[0]?.options).toMatchObject(args);
  });

  test.each([
    ['an unknown effort', { effort: 'huge' }, 'effort'],
    ['a model that falls back to itself', { model: 'a', fallbackModel: 'a' }, 'fallbackModel a is'],
    ['a model to fall back on that is no text', { fallbackModel: 5 }, 'fallbackModel'],
  ])('are refused if they are %s', async (_what, args, message) => {
    const { client } = await start();
    const refusal = await client.refusal('create_session', args);
    expect(refusal.code).toBe('INVALID_REQUEST');
    expect(refusal.message).toContain(message);
    expect(await client.call('list_sessions')).toEqual({ sessions: [] });
  });

  test('are left out by empty words', async () => {
    const { client } = await start();
    const args = { effort: null, fallbackModel: '', additionalDirectories: null };
    const { session } = await client.call('create_session', args);
    expect(session.effort).toBeUndefined();
    expect((await client.call('get_session', { sessionId: session.id })).rules).toBeUndefined();
  });
});
