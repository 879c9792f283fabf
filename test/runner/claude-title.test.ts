import { getSessionInfo, listSessions } from '@anthropic-ai/claude-agent-sdk';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openWorld } from './open-world.ts';

const world = await openWorld();

// The Agent SDK looks where the program itself would keep conversations.
beforeEach(() => {
  vi.stubEnv('CLAUDE_CONFIG_DIR', world.environment.CLAUDE_CONFIG_DIR);
  return () => void vi.unstubAllEnvs();
});

const titleOf = async (uuid: string) => (await getSessionInfo(uuid))?.customTitle;

describe('the title of a conversation', () => {
  test('is the name of its session, on one line, and a fork has its own', async () => {
    const session = await world.start({ name: 'fix\nthe login' });
    await session.turn('hello');
    const listed = await listSessions({ dir: world.cwd, includeProgrammatic: true });
    expect(listed).toMatchObject([{ sessionId: session.uuid, customTitle: 'fix the login' }]);
    await session.run.close();
    const fork = await world.start({ forkOf: session.uuid, name: 'another way', past: 'answered' });
    await fork.turn('hello');
    expect(await titleOf(fork.uuid)).toBe('another way');
    expect(await titleOf(session.uuid)).toBe('fix the login');
  });

  test('is changed while Claude Code runs, and stays so', async () => {
    const runner = world.runner();
    const session = await world.start({ name: 'before' }, runner);
    await session.turn('hello');
    expect(await runner.rename(session.uuid, 'after')).toBe(true);
    expect(await titleOf(session.uuid)).toBe('after');
    await session.turn('hello again');
    await session.run.close();
    const { uuid } = session;
    const resumed = await world.start({ uuid, name: 'before', past: 'answered' }, runner);
    await resumed.turn('hello');
    await resumed.run.close();
    expect(await titleOf(uuid)).toBe('after');
  });

  test('cannot be changed before there is one', async () => {
    const runner = world.runner();
    const session = await world.start({}, runner);
    expect(await runner.rename(session.uuid, 'x')).toBe(false);
    await session.turn('hello');
    expect(await runner.rename(session.uuid, ' \n')).toBe(false);
    expect(await titleOf(session.uuid)).toBeUndefined();
  });
});
