/** The commands `send` and `interrupt`, beside a server that runs the session and without one. */

import { describe, expect, test } from 'vitest';
import { SettingError } from '../../src/errors.ts';
import { PROMPT_BYTES_MAX } from '../../src/limits.ts';
import { createOwners } from '../../src/runner/owners.ts';
import { ANY_TURN, createIn, PRINCIPAL } from '../store/fixtures.ts';
import { startBusy } from '../support/harness.ts';
import { type Options, World } from './world.ts';

/** A turn that is running in a session which a connected client holds. */
async function busy() {
  const scene = await startBusy({ name: 'shop' });
  return { ...scene, world: new World(scene.harness.settings.stateDir) };
}

/** The same once the turn has ended: its process waits for a prompt. */
async function idle() {
  const scene = await busy();
  await scene.finish();
  return scene;
}

/** The owner of a server that is gone. */
function goneOwner(): string {
  const [, , boot, namespace] = createOwners('s').self.split('/');
  return ['id', 2 ** 30, boot, namespace, 1].join('/');
}

async function failure(world: World, words: string[], options: Options = {}): Promise<Error> {
  return world.run(words, options).then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );
}

describe('send', () => {
  test('a server runs the prompt, although a connected client holds the session', async () => {
    const { harness, world, sessionId, client } = await idle();
    const { code, output, notes } = await world.run(['send', 'shop', 'and now the docs']);
    expect([code, notes]).toEqual([0, []]);
    expect(output).toMatch(
      new RegExp(`^${sessionId} \\(shop\\): turn [0-9a-f-]{36} (queued|running)\n$`),
    );
    const run = await harness.running(sessionId, 2);
    expect(run.prompts.at(-1)).toMatchObject({ text: 'and now the docs' });
    const { session } = await client.call('get_session', { sessionId });
    expect(session.mcpSessionId).not.toBeNull();
    run.finish();
  });

  test('--wait shows what Claude says and asks, until the turn has ended', async () => {
    const { harness, world, sessionId } = await idle();
    const sending = world.run(['send', 'shop', 'go on', '--wait']);
    const run = await harness.running(sessionId, 2);
    run.say('Reading\u001b[2J.');
    const reply = run.ask({ toolName: 'Bash', input: { command: 'ls' } });
    await expect
      .poll(() => world.run(['list', '--status', 'busy'], { columns: 80 }))
      .toMatchObject({ output: expect.stringContaining('asks') });
    await world.run(['allow', 'shop']);
    await reply;
    run.say('Done.');
    run.finish();
    const { code, output, notes } = await sending;
    expect(code).toBe(0);
    expect(output).toMatch(/^Reading.*\nDone\.\n$/);
    expect(output).not.toContain('\u001b');
    expect(notes).toEqual([
      'asks: Bash ls',
      expect.stringMatching(/claude-sessions-mcp allow [0-9a-f]{8}/),
      expect.stringMatching(/\(shop\): turn \S+ completed$/),
    ]);
  });

  test('--wait exits with 1 if the turn was not completed, and says why', async () => {
    const { harness, world, sessionId } = await idle();
    const sending = world.run(['send', 'shop', 'go on', '--wait', '--json']);
    const run = await harness.running(sessionId, 2);
    run.say('Hm.');
    const error = { code: 'UNAVAILABLE', message: 'the API is down', retryable: true } as const;
    run.finish({ state: 'failed', error });
    const { code, output } = await sending;
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      turn: { state: 'failed', error: { message: 'the API is down' } },
      text: 'Hm.',
      isServed: true,
    });
  });

  test('--steer adds the prompt to the running turn', async () => {
    const { world, run, turnId, finish } = await busy();
    const { turn } = await world.json(['send', 'shop', 'only the tests', '--steer']);
    expect(turn).toMatchObject({ id: turnId, state: 'running' });
    expect(run.steered).toEqual(['only the tests']);
    await finish();
  });

  test('--interrupt stops the running turn, and its prompt runs next', async () => {
    const { harness, world, client, sessionId, turnId, run } = await busy();
    await client.call('send_prompt', { sessionId, prompt: 'later' });
    await world.run(['send', 'shop', 'at once', '--interrupt']);
    const { events } = await client.call('read_events', { sessionId });
    const ends = events.filter(({ type }) => type === 'turn_ended');
    expect(ends).toMatchObject([{ turnId, turn: { state: 'interrupted' } }]);
    await harness.running(sessionId, 2);
    expect(run.prompts.map(({ text }) => text)).toEqual(['go', 'at once']);
  });

  test('reads a long prompt from standard input', async () => {
    const { harness, world, sessionId } = await idle();
    const piped = `${'x'.repeat(100_000)}\n\ud800`;
    await world.run(['send', 'shop', '-'], { piped });
    const run = await harness.running(sessionId, 2);
    expect(run.prompts.at(-1)?.text).toBe(piped.replace('\ud800', '\ufffd'));
  });

  test('refuses a bad command line, and a session that has ended', async () => {
    const { world, client, sessionId } = await busy();
    const typed: string[] = [];
    for (const [words, options] of [
      [['shop'], { typed }],
      [['shop', ''], {}],
      [['shop', '-'], { piped: ' \n' }],
      [['shop', 'x'.repeat(PROMPT_BYTES_MAX + 1)], {}],
      [['shop', 'x', '--steer', '--interrupt'], {}],
    ] as const) {
      const error = await failure(world, ['send', ...words], options);
      expect(error, words.join(' ').slice(0, 50)).toBeInstanceOf(SettingError);
    }
    await client.call('end_session', { sessionId });
    const error = await failure(world, ['send', 'shop', 'x']);
    expect(error).toMatchObject({ code: 'SESSION_NOT_READY' });
  });
});

describe('send without a server', () => {
  test.each([[[]], [['--wait']]])('%j: the prompt is queued, and says so', async (flags) => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store);
    const { code, notes } = await world.run(['send', id, 'hello', ...flags]);
    expect(code).toBe(flags.length);
    expect(notes.at(-1)).toMatch(/No server runs .* claude-sessions-mcp http\.$/);
    expect(await store.session(PRINCIPAL, id)).toMatchObject({ turns: { queued: 1 } });
  });

  test('--wait finds that the server has died, and the turn is lost', async () => {
    const world = new World();
    const store = await world.store();
    const id = await createIn(store, { prompts: ['first'] });
    const sending = world.json(['send', id, 'second', '--wait']);
    await expect
      .poll(async () => (await store.session(PRINCIPAL, id))?.turns.queued, { timeout: 5_000 })
      .toBe(2);
    const owner = goneOwner();
    const first = await store.claim(owner, ANY_TURN);
    if (typeof first !== 'object') throw new Error('no turn waits');
    await store.note(first.fence, { promptedTurn: first.turn.id });
    const { turn, isServed } = await sending;
    // The first turn, whose prompt Claude may have seen, is lost with its server; the second waits for another one.
    expect(await store.turn(id, first.turn.id)).toMatchObject({ state: 'lost' });
    expect({ state: turn.state, isServed }).toEqual({ state: 'queued', isServed: false });
  });
});

describe('interrupt', () => {
  test('stops the turn wherever it runs, and says how it ended', async () => {
    const { world, client, sessionId, turnId } = await busy();
    const { output } = await world.run(['interrupt', 'shop']);
    expect(output).toBe(`${sessionId} (shop): turn ${turnId} interrupted\n`);
    const { session } = await client.call('get_session', { sessionId });
    expect(session).toMatchObject({ status: 'ready' });
    const again = await world.json(['interrupt', 'shop']);
    expect(again.turn).toBeUndefined();
    expect(again.session).toMatchObject({ id: sessionId, status: 'ready' });
  });

  test('--cancel-queued takes back what was queued, too', async () => {
    const { world, client, sessionId } = await busy();
    await client.call('send_prompt', { sessionId, prompt: 'later' });
    const { session, turn } = await world.json(['interrupt', 'shop', '--cancel-queued']);
    expect(turn.state).toBe('interrupted');
    expect(session.turns).toMatchObject({ queued: 0, running: 0 });
  });
});
