import { describe, expect, test } from 'vitest';
import { startWithClient } from '../support/harness.ts';

const reviewer = { description: 'Reviews.', prompt: 'You review.' };
const tester = { description: 'Tests.', prompt: 'You test.', tools: ['Bash', 'mcp__ci__*'] };
const agents = { reviewer, tester: { ...tester, model: 'haiku' } };

describe('the agents of a session', () => {
  test('are a list or a map, are kept by a fork and at a new start, and are shown by their names', async () => {
    const { harness, client } = await startWithClient();
    const list = Object.entries(agents).map(([name, rest]) => ({ name, ...rest }));
    const { run, sessionId, finish } = await harness.busy(client, { agents: list });
    expect(run.spec.options.agents).toEqual(agents);
    const asMap = await harness.busy(client, { agents: JSON.stringify(agents) });
    expect(asMap.run.spec.options.agents).toEqual(agents);
    await finish();
    expect(await client.call('get_session', { sessionId })).toMatchObject({
      rules: { agents: ['reviewer', 'tester'] },
    });
    await harness.reopen();
    const again = await harness.connect();
    const fork = await again.call('fork_session', { sessionId, prompt: 'go' });
    expect((await harness.running(fork.session.id)).spec.options.agents).toEqual(agents);
    await again.call('send_prompt', { sessionId, prompt: 'go' });
    expect((await harness.running(sessionId)).spec.options.agents).toEqual(agents);
  });

  test('leave out what is null or empty', async () => {
    const { harness, client } = await startWithClient();
    const given = { reviewer: { ...reviewer, tools: null, model: '' } };
    const { run } = await harness.busy(client, { agents: given });
    expect(run.spec.options.agents).toEqual({ reviewer });
  });

  test.each(['mcpServers', 'hooks', 'permissionMode', 'memory', 'skills', 'disallowedTools'])(
    'with %s are refused by that name, in a list and in a map',
    async (key) => {
      const { client } = await startWithClient();
      const wider = { ...reviewer, [key]: 'x' };
      for (const given of [{ wider }, [{ name: 'wider', ...wider }]]) {
        expect(await client.refusal('create_session', { agents: given })).toMatchObject({
          code: 'INVALID_REQUEST',
          message: expect.stringContaining(key),
        });
      }
      expect((await client.call('list_sessions')).sessions).toEqual([]);
    },
  );

  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`agent-${i}`, reviewer]));

  test.each<[problem: string, agents: unknown, words: RegExp]>([
    ['of a name of Claude Code', { 'general-purpose': reviewer }, /own agent/],
    ['of such a name in other letters', { EXPLORE: reviewer }, /own agent/],
    ['with a space in a name', { 'a b': reviewer }, /letters, digits, - and _/],
    ['with an empty name', { '': reviewer }, /agents/],
    ['with a long name', { ['a'.repeat(65)]: reviewer }, /64/],
    ['with the name __proto__', JSON.parse('{"__proto__": {}}'), /__proto__/],
    [
      'of the same name',
      [reviewer, reviewer].map((it) => ({ name: 'a', ...it })),
      /more than once/,
    ],
    ['without a prompt', { a: { description: 'x' } }, /prompt is missing/],
    ['with an empty description', { a: { ...reviewer, description: ' ' } }, /must not be empty/],
    ['with a pattern among the tools', { a: { ...reviewer, tools: ['Bash(rm *)'] } }, /pattern/],
    ['with too many of them', many(21), /at most 20/],
    ['of too many bytes', { a: { ...reviewer, prompt: 'é'.repeat(128 * 1024) } }, /262144 bytes/],
    ['that are a text', 'reviewer', /agents/],
  ])('%s are refused, and nothing is made', async (_problem, given, words) => {
    const { client } = await startWithClient();
    expect(await client.refusal('create_session', { agents: given })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(words),
    });
    expect((await client.call('list_sessions')).sessions).toEqual([]);
  });

  test('may be as many as that', async () => {
    const { harness, client } = await startWithClient();
    const { run } = await harness.busy(client, { agents: many(20) });
    expect(Object.keys(run.spec.options.agents ?? {})).toHaveLength(20);
  });
});

describe('the domains of the sandbox', () => {
  const domains = ['localhost', 'example.com', 'a-b.example.co.uk', '*.example.org', '10.0.0.1'];

  test.each(domains)('may be %s', async (domain) => {
    const { harness, client } = await startWithClient();
    const args = { sandbox: true, sandboxDomains: domain };
    const { run } = await harness.busy(client, args);
    expect(run.spec.options.sandboxDomains).toEqual([domain]);
  });

  test.each([
    'https://example.com',
    'example.com:443',
    'example.com/path',
    'user@example.com',
    '*',
    '*.com',
    '*.*.example.com',
    'example.*',
    'intranet',
    '.example.com',
    'example.com.',
    'exa mple.com',
    'a..example.com',
    '[::1]',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(126)}com`,
    'bücher.example',
    '',
  ])('are not %j', async (domain) => {
    const { client } = await startWithClient();
    const args = { sandbox: true, sandboxDomains: [domain] };
    expect(await client.refusal('create_session', args)).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/sandboxDomains/),
    });
    expect((await client.call('list_sessions')).sessions).toEqual([]);
  });

  test('are at most 100', async () => {
    const { client } = await startWithClient();
    const sandboxDomains = Array.from({ length: 101 }, (_, i) => `a${i}.example.com`);
    const refusal = await client.refusal('create_session', { sandbox: true, sandboxDomains });
    expect(refusal.message).toContain('at most 100 entries');
  });
});
