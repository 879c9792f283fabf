import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { claudeBinary } from '../support/claude-env.ts';
import { type Step, script } from '../support/messages-api.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld(120_000);

/** The same Claude Code as a person starts it in a terminal, without the screen. */
function inTerminal({ uuid }: TestSession, steps: Step[]): ChildProcess {
  const { cwd, environment } = world;
  const args = ['--print', '--resume', uuid, script(steps)];
  return spawn(claudeBinary(), args, { cwd, env: environment, stdio: 'ignore' });
}

function lastBody(): string {
  return JSON.stringify(world.api.requests.at(-1)?.body);
}

describe('a conversation that goes on in a terminal', () => {
  test('is noticed by the next run, which goes on from there', async () => {
    const session = await world.start();
    await session.turn([{ text: 'said here' }]);
    await session.run.close();
    const terminal = inTerminal(session, [{ text: 'said there' }]);
    expect(await once(terminal, 'exit')).toEqual([0, null]);
    const again = await world.start({ uuid: session.uuid });
    expect(again.heard.all('notice')).toMatchObject([
      { text: expect.stringMatching(/^One prompt was put .* outside of this server/) },
    ]);
    await again.turn([{ text: 'here again' }]);
    expect(lastBody()).toMatch(/said here.*said there/s);
    await again.run.close();
    const third = await world.start({ uuid: session.uuid });
    expect(third.heard.all('notice')).toEqual([]);
  });

  test('makes a process that knows nothing of it outdated, and only that one', async () => {
    const session = await world.start();
    expect(await session.run.isCurrent()).toBe(true);
    await session.turn([{ text: 'said here' }]);
    expect(await session.run.isCurrent()).toBe(true);
    await session.turn([{ tool: 'Bash', input: { command: 'echo x' } }, { text: 'more' }]);
    expect(await session.run.isCurrent()).toBe(true);
    await once(inTerminal(session, [{ text: 'said there' }]), 'exit');
    expect(await session.run.isCurrent()).toBe(false);
    // However often somebody asks.
    expect(await session.run.isCurrent()).toBe(false);
  });

  test('is left alone while it is open there', async () => {
    const session = await world.start();
    await session.turn([{ text: 'said here' }]);
    const terminal = inTerminal(session, [{ hang: 'headers' }]);
    await expect.poll(() => session.run.isCurrent(), { timeout: 20_000 }).toBe(false);
    await session.run.close();
    await expect(world.start({ uuid: session.uuid })).rejects.toMatchObject({
      code: 'SESSION_NOT_READY',
      message: expect.stringContaining(`(process ${terminal.pid})`),
      retryable: true,
    });
    terminal.kill('SIGKILL');
    await once(terminal, 'exit');
    const again = await world.start({ uuid: session.uuid });
    expect(await again.turn([{ text: 'here again' }])).toMatchObject({ state: 'completed' });
  });
});
