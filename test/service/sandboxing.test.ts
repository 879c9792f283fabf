import { expect, test } from 'vitest';
import type { SandboxChoice } from '../../src/session/options.ts';
import { startHarness } from '../support/harness.ts';

const domains = ['example.com', '*.example.org'];

async function at(sandbox: SandboxChoice) {
  const harness = await startHarness({ settings: { sandbox } });
  return { harness, client: await harness.connect() };
}

test('a caller chooses the sandbox, and it is shown, run and kept by a fork and at a new start', async () => {
  const { harness, client } = await at('allow');
  const sandboxed = { sandbox: true, sandboxDomains: domains };
  const { sessionId, run, finish } = await harness.busy(client, sandboxed);
  expect(run.spec.options).toMatchObject(sandboxed);
  await finish();
  expect(await client.call('get_session', { sessionId })).toMatchObject({ rules: sandboxed });

  await harness.reopen();
  const again = await harness.connect();
  const fork = await again.call('fork_session', { sessionId, prompt: 'go' });
  expect((await harness.running(fork.session.id)).spec.options).toMatchObject(sandboxed);
  await again.call('send_prompt', { sessionId, prompt: 'go' });
  expect((await harness.running(sessionId)).spec.options).toMatchObject(sandboxed);
});

test('without a choice there is none, and nothing is said about it', async () => {
  const { harness, client } = await at('allow');
  for (const args of [{}, { sandbox: false }]) {
    const { sessionId, run } = await harness.busy(client, args);
    expect(run.spec.options).not.toHaveProperty('sandbox');
    expect(await client.call('get_session', { sessionId })).not.toHaveProperty('rules.sandbox');
  }
});

test.each([
  ['off', { sandbox: true }, /no session of this server runs in the sandbox/],
  ['always', { sandbox: false }, /every session of this server runs in the sandbox/],
  ['allow', { sandboxDomains: domains }, /sandboxDomains is for a session in the sandbox/],
  ['off', { sandboxDomains: domains }, /sandboxDomains is for a session in the sandbox/],
  ['allow', { sandbox: false, sandboxDomains: [] }, /sandboxDomains is for a session/],
] as const)(
  'with --sandbox %s, %j is refused and nothing is made',
  async (choice, args, message) => {
    const { client } = await at(choice);
    expect(await client.refusal('create_session', args)).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('sandbox'),
    });
    expect((await client.call('list_sessions', {})).sessions).toEqual([]);
  },
);

test('with --sandbox always every session has it, one that was made before too, and it is shown', async () => {
  const { harness, client } = await at('allow');
  const { sessionId, finish } = await harness.busy(client);
  await finish();
  await harness.reopen({ sandbox: 'always' });
  const again = await harness.connect();
  expect(await again.call('get_session', { sessionId })).toMatchObject({
    rules: { sandbox: true },
  });
  await again.call('send_prompt', { sessionId, prompt: 'go' });
  expect((await harness.running(sessionId)).spec.options.sandbox).toBe(true);
  const fork = await again.call('fork_session', { sessionId, prompt: 'go' });
  expect((await harness.running(fork.session.id)).spec.options.sandbox).toBe(true);
  const { run } = await harness.busy(again, { sandboxDomains: domains });
  expect(run.spec.options).toMatchObject({ sandbox: true, sandboxDomains: domains });
});

test('a session that was made in the sandbox runs in it or not at all', async () => {
  const { harness, client } = await at('always');
  const { sessionId, finish } = await harness.busy(client);
  await finish();
  await harness.reopen({ sandbox: 'off' });
  const off = await harness.connect();
  const sent = await off.call('send_prompt', { sessionId, prompt: 'go', waitMs: 50_000 });
  expect(sent.turn).toMatchObject({
    state: 'failed',
    error: { code: 'UNAVAILABLE', hint: expect.stringContaining('--sandbox allow') },
  });
  expect((await off.call('get_session', { sessionId })).session.status).toBe('error');
  expect(await off.refusal('fork_session', { sessionId })).toMatchObject({
    code: 'INVALID_REQUEST',
  });
  expect(harness.runner.specs).toEqual([]);

  await harness.reopen({ sandbox: 'allow' });
  await (await harness.connect()).call('send_prompt', { sessionId, prompt: 'go' });
  expect((await harness.running(sessionId)).spec.options.sandbox).toBe(true);
});

test('where there is no sandbox, none is created, and one that is there says what is missing', async () => {
  const { harness, client } = await at('allow');
  const { sessionId, finish } = await harness.busy(client, { sandbox: true });
  await finish();
  await harness.reopen();
  const again = await harness.connect();
  const hint = 'apt install bubblewrap socat';
  harness.runner.noSandbox = {
    code: 'UNAVAILABLE',
    message: 'the sandbox needs bubblewrap and socat',
    retryable: false,
    hint,
  };
  const refusal = await again.refusal('create_session', { sandbox: true });
  expect(refusal).toMatchObject({ code: 'UNAVAILABLE', hint });
  expect((await again.call('list_sessions', {})).sessions).toHaveLength(1);
  const { turn } = await again.call('send_prompt', { sessionId, prompt: 'go', waitMs: 50_000 });
  expect(turn).toMatchObject({ state: 'failed', error: { code: 'UNAVAILABLE', hint } });
  expect((await again.call('get_session', { sessionId })).session).toMatchObject({
    status: 'error',
  });
  expect(harness.runner.specs).toEqual([]);
  const { run } = await harness.busy(again);
  expect(run.spec.options).not.toHaveProperty('sandbox');
});
