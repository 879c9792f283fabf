import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isInside } from '../../src/paths.ts';
import type { TrustedDirectory } from '../../src/service/trust.ts';
import type { TestClient } from '../support/mcp-client.ts';
import { start, startedWith, trustAgain } from './trusting.ts';

async function levelOf(client: TestClient, workingDirectory: string, args = {}) {
  const { session } = await client.call('create_session', { workingDirectory, ...args });
  return session.settings;
}

describe('a new session gets', () => {
  test('the level memory in a directory that nobody has trusted', async () => {
    const { harness, client } = await start();
    expect(await levelOf(client, harness.work)).toBe('memory');
  });

  test('the level user where the record of Claude Code counts, and only if its caller has no token', async () => {
    const { harness, client } = await start();
    harness.runner.trusted = [harness.work];
    expect(await levelOf(client, harness.work)).toBe('user');
    expect(await levelOf(await harness.connect({ principal: 'alice' }), harness.work)).toBe(
      'memory',
    );
    const without = await trustAgain(harness, [harness.work], { record: false });
    expect(await levelOf(without, harness.work)).toBe('memory');
  });

  test('what the operator has set for its directory or the nearest one above it, whatever the record says', async () => {
    const { harness, client } = await start();
    const at = (...names: string[]) => join(harness.work, ...names);
    for (const folder of ['a/b', 'ab']) mkdirSync(at(folder), { recursive: true });
    harness.runner.trusted = [at('a'), at('ab')];
    const directories: TrustedDirectory[] = [
      { path: '/', level: 'none' },
      { path: at('a'), level: 'memory' },
      { path: at('a', 'b'), level: 'project' },
      { path: at('a', 'b', 'c'), level: 'user' },
    ];
    const other = await trustAgain(harness, [at('a'), at('ab')], { directories });
    const alice = await harness.connect();
    for (const who of [other, alice]) {
      expect(await levelOf(who, at('a'))).toBe('memory');
      expect(await levelOf(who, at('a', 'b'))).toBe('project');
      expect(await levelOf(who, at('ab'))).toBe('none');
    }
    expect(client.caller.principal).toBe('local');
  });

  test('less if its caller asks for less, and none at all if for more', async () => {
    const { harness, client } = await start();
    harness.runner.trusted = [harness.work];
    for (const settings of ['none', 'memory', 'project', 'user']) {
      expect(await levelOf(client, harness.work, { settings })).toBe(settings);
    }
    const alice = await harness.connect({ principal: 'alice' });
    const { sessionId } = await harness.busy(alice, { settings: 'none' });
    expect(harness.runner.run(sessionId).spec.options.settings).toBe('none');
    const refused = await alice.refusal('create_session', { settings: 'project', prompt: 'go' });
    expect(refused).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/settings "project" .* the highest level there is "memory"/),
      hint: expect.stringContaining('--trust'),
    });
    expect(refused.hint).not.toContain('`claude`');
    expect((await alice.call('list_sessions')).sessions).toHaveLength(1);
    harness.runner.trusted = [];
    expect(await client.refusal('create_session', { settings: 'user' })).toMatchObject({
      hint: expect.stringMatching(/run `claude` there once and accept its question.*--trust/),
    });
  });

  test('nothing if the server cannot look now: what is decided here stays', async () => {
    const { harness, client } = await start();
    harness.runner.trusted = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    expect(await client.refusal('create_session', {})).toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    expect((await client.call('list_sessions')).sessions).toEqual([]);
    harness.runner.trusted = [harness.work];
    expect(await levelOf(client, harness.work)).toBe('user');
  });
});

describe('a worktree has', () => {
  async function startWithWorktree() {
    const started = await start();
    const { work } = started.harness;
    const [main, worktree] = [join(work, 'main'), join(work, 'trees', 'worktree')];
    const git = (...args: string[]) => {
      const own = ['-c', 'user.name=x', '-c', 'user.email=x@example.org'];
      execFileSync('git', ['-C', work, ...own, ...args]);
    };
    git('init', '-q', main);
    git('-C', main, 'commit', '-q', '--allow-empty', '-m', 'first');
    git('-C', main, 'worktree', 'add', '-q', worktree);
    for (const root of [main, worktree]) mkdirSync(join(root, 'a'));
    return { ...started, main, worktree };
  }

  test('the level that is set for its main checkout, and not for the folders above itself', async () => {
    const { harness, main, worktree } = await startWithWorktree();
    const directories: TrustedDirectory[] = [
      { path: main, level: 'project' },
      { path: join(main, 'a'), level: 'none' },
      { path: dirname(worktree), level: 'user' },
    ];
    const client = await trustAgain(harness, [], { directories });
    expect(await levelOf(client, worktree)).toBe('project');
    expect(await levelOf(client, join(worktree, 'a'))).toBe('none');
    expect(await levelOf(client, dirname(worktree))).toBe('user');
  });

  test('the one that is set for itself, if there is one', async () => {
    const { harness, main, worktree } = await startWithWorktree();
    const directories: TrustedDirectory[] = [
      { path: main, level: 'user' },
      { path: worktree, level: 'none' },
      { path: join(worktree, 'a'), level: 'memory' },
    ];
    const client = await trustAgain(harness, [], { directories });
    expect(await levelOf(client, worktree)).toBe('none');
    expect(await levelOf(client, join(worktree, 'a'))).toBe('memory');
    expect(await levelOf(client, main)).toBe('user');
  });
});

describe('a process is started', () => {
  test('with no more than is allowed now, nor more than its session had at the beginning', async () => {
    const { harness, client } = await start();
    harness.runner.trusted = [harness.work];
    const { session } = await client.call('create_session', { workingDirectory: harness.work });
    const low = { workingDirectory: harness.work, settings: 'memory' };
    const lower = (await client.call('create_session', low)).session;
    const started = (at: TestClient) => startedWith(harness, at, session.id);
    expect(await started(client)).toEqual(['user', 'user']);
    expect(await started(await trustAgain(harness, []))).toEqual(['memory', 'memory']);
    const set = { directories: [{ path: harness.work, level: 'none' }] } as const;
    expect(await started(await trustAgain(harness, [harness.work], set))).toEqual(['none', 'none']);
    const again = await trustAgain(harness, [harness.work]);
    expect(await startedWith(harness, again, lower.id)).toEqual(['memory', 'memory']);
    expect(await started(again)).toEqual(['user', 'user']);
  });

  test('for a session of an earlier version with nothing of its directory, as before', async () => {
    const { harness, client } = await start();
    harness.runner.trusted = [harness.work];
    const id = 'claude_00000000-0000-4000-8000-000000000001';
    const options = { workingDirectory: harness.work };
    const { principal, mcpSessionId } = client.caller;
    const created = {
      type: 'session_created',
      principal,
      mcpSessionId,
      options,
      labels: {},
    } as const;
    await harness.store.create(id, [created]);
    expect(await startedWith(harness, client, id)).toEqual(['none', 'none']);
    const { session } = await client.call('fork_session', { sessionId: id });
    expect(session.settings).toBe('none');
  });
});

describe('a fork', () => {
  test('keeps the level of its origin, as far as that is allowed', async () => {
    const { harness, client } = await start();
    harness.runner.trusted = [harness.work];
    const make = async (settings: string) =>
      (await client.call('create_session', { workingDirectory: harness.work, settings })).session;
    const [user, none] = [await make('user'), await make('none')];
    const fork = async (at: TestClient, sessionId: string) =>
      (await at.call('fork_session', { sessionId })).session.settings;
    expect(await fork(client, user.id)).toBe('user');
    expect(await fork(client, none.id)).toBe('none');
    const later = await trustAgain(harness, []);
    expect(await fork(later, user.id)).toBe('memory');
  });
});

test('the folders above a directory need trust of their own', async () => {
  const { harness, client } = await start();
  const at = (...names: string[]) => join(harness.work, ...names);
  mkdirSync(at('a', 'b', 'c'), { recursive: true });
  mkdirSync(at('a', '.git'));
  const above = async (who: TestClient, args = {}) => {
    const { sessionId } = await harness.busy(who, { workingDirectory: at('a', 'b', 'c'), ...args });
    return harness.runner.run(sessionId).spec.untrustedAbove;
  };
  expect(await above(client)).toBeUndefined();
  const all = at('a', 'b').split('/');
  const upTo = (folder: string) =>
    all
      .map((_, end) => all.slice(0, all.length - end).join('/') || '/')
      .filter((path) => isInside(folder, path));
  const trusted = [at('a'), at('a', 'b'), at('a', 'b', 'c')];
  harness.runner.trusted = trusted;
  expect(await above(client)).toEqual(upTo(harness.work));
  expect(await above(client, { settings: 'memory' })).toBeUndefined();
  const directories: TrustedDirectory[] = [
    { path: harness.work, level: 'memory' },
    { path: at('a', 'b'), level: 'project' },
  ];
  const operator = await trustAgain(harness, trusted, { directories });
  expect(await above(operator)).toEqual(upTo(at('a')));
});
