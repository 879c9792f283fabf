import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import { overriding, startBusy, startHarness, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const SNAPSHOT = join(import.meta.dirname, 'tools-list.snapshot.json');

async function listed(client: TestClient) {
  return (await client.client.listTools()).tools;
}

type Schema = { readonly [word: string]: unknown };

/** A schema and all schemas in it. */
function* within(schema: Schema): Generator<Schema> {
  yield schema;
  for (const inner of [Object.values(Object(schema.properties)), schema.items ?? []].flat()) {
    yield* within(inner as Schema);
  }
}

function toolNamed(tools: Awaited<ReturnType<typeof listed>>, name: string) {
  const tool = tools.find((tool) => tool.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

describe('tools/list', () => {
  test('is what clients have been told: a change here is a change of the interface', async () => {
    const { client } = await startWithClient();
    const text = `${JSON.stringify(await listed(client), null, 2)}\n`;
    // A list stands on one line where it fits, as the formatter has it.
    const formatted = text.replace(/^ *"\w+": \[\s+[^[\]{}]*?\s+\],?$/gm, (list) => {
      const line = list.replace(/(?<=\[)\s+|\s+(?=\])/g, '').replace(/,\s+/g, ', ');
      return line.length > 100 ? list : line;
    });
    await expect(formatted).toMatchFileSnapshot(SNAPSHOT);
  });

  test('gives every tool a title, a picture, a description, four hints, and strict schemas', async () => {
    const { client } = await startWithClient();
    const tools = await listed(client);
    expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
    for (const tool of tools) {
      expect(tool.title).toMatch(/^[A-Z]/);
      expect(tool.icons?.[0]?.src).toMatch(/^data:image\/svg/);
      expect(tool.description?.length).toBeGreaterThan(80);
      expect(tool.annotations).toEqual({
        title: tool.title,
        readOnlyHint: expect.any(Boolean),
        destructiveHint: expect.any(Boolean),
        idempotentHint: expect.any(Boolean),
        openWorldHint: expect.any(Boolean),
      });
      expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(tool.outputSchema).toMatchObject({ type: 'object', required: expect.any(Array) });
      for (const [name, schema] of Object.entries(tool.inputSchema.properties ?? {})) {
        expect(name).toMatch(/^[a-z][A-Za-z]*$/);
        expect(schema).toHaveProperty('type');
      }
    }
  });

  test('says what it takes in words that every model provider accepts, and nothing without a type', async () => {
    const { client } = await startWithClient();
    const schemas = (await listed(client)).flatMap(({ inputSchema }) => [...within(inputSchema)]);
    expect([...new Set(schemas.flatMap(Object.keys))].sort()).toEqual([
      'additionalProperties',
      'description',
      'enum',
      'items',
      'maxItems',
      'maximum',
      'minItems',
      'minimum',
      'properties',
      'required',
      'type',
    ]);
    for (const schema of schemas) {
      expect(schema.type).toMatch(/^(string|integer|number|boolean|array|object)$/);
      if (schema.type === 'object') expect(schema.additionalProperties).toBe(false);
      for (const bound of [schema.minimum, schema.maximum]) {
        expect(Math.abs(Number(bound ?? 0))).toBeLessThan(2 ** 40);
      }
    }
    const { inputSchema, _meta } = toolNamed(await listed(client), 'read_events');
    expect(_meta).toEqual({ 'anthropic/maxResultSizeChars': 500_000 });
    expect(inputSchema.properties).toHaveProperty(
      'limit.description',
      expect.stringContaining('100'),
    );
  });

  test('describes what several tools return once, for the first of them', async () => {
    const { client } = await startWithClient();
    const tools = await listed(client);
    const outputs = JSON.stringify(tools.map(({ outputSchema }) => outputSchema));
    expect(outputs.match(/"lastActivity":/g)).toHaveLength(1);
    expect(outputs.match(/"queuedAt":/g)).toHaveLength(1);
    expect(outputs).not.toMatch(/"(additionalProperties|minimum|pattern|\$schema)":|"type":\[/);
    const session = 'properties.session.properties';
    expect(toolNamed(tools, 'create_session').outputSchema).toHaveProperty(
      `${session}.taskId.anyOf`,
      [{ type: 'string' }, { type: 'null' }],
    );
    expect(toolNamed(tools, 'attach_session').outputSchema?.properties).toEqual({
      session: { type: 'object', description: 'As in create_session.' },
    });
  });

  test('and the instructions name only tools that there are, and are short enough for every client', async () => {
    const { client } = await startWithClient();
    const instructions = client.client.getInstructions() ?? '';
    expect(Buffer.byteLength(instructions)).toBeLessThan(2048);
    const text = `${instructions} ${JSON.stringify(await listed(client))}`;
    const named = [...text.matchAll(/\b[a-z]+(?:_[a-z]+)+\b/g)].map(([name]) => name);
    const known = [...TOOLS.map(({ name }) => name), 'turn_end'];
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
  });

  test('is the same for every caller', async () => {
    const harness = await startHarness();
    const alice = await harness.connect();
    const bob = await harness.connect({ principal: 'bob', mcpSessionId: null });
    await alice.call('create_session');
    expect(await listed(bob)).toEqual(await listed(alice));
  });

  test('tells a client that checks the truth about every result', async () => {
    const { harness, client } = await startWithClient();
    // From here on the client itself holds results against the schemas.
    await client.client.listTools();
    const { sessionId, run } = await harness.busy(client, { taskId: 't', labels: { k: 'v' } });
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'b' });
    void run.ask({ input: { a: [1] } });
    run.say('x');
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const { requests } = await client.call('list_permission_requests');
    const requestId = requests[0]?.requestId;
    await client.call('answer_permission_request', { requestId, decision: 'deny', message: 'no' });
    await client.call('cancel_prompt', { sessionId, turnId: turn.id });
    await client.call('interrupt_session', { sessionId });
    harness.runner.failNextStart();
    const fork = await client.call('fork_session', { sessionId, prompt: 'x' });
    await client.call('wait_sessions', { sessionIds: [fork.session.id] });
    await client.call('attach_session', { sessionId });
    await client.call('link_task', { sessionId, taskId: 'u' });
    await client.call('unlink_task', { sessionId, taskId: 'u' });
    await client.call('end_session', { sessionId });
    for (const detail of ['summary', 'full']) {
      await client.call('read_events', { sessionId, detail });
      await client.call('read_events', { sessionId: fork.session.id, detail });
    }
    await client.call('list_sessions', { limit: 1 });
    await client.call('get_session', { sessionId: fork.session.id });
    await client.call('get_metrics');
    await client.call('cleanup_sessions');
  });
});

describe('initialize', () => {
  test('says who the server is, and how to use it', async () => {
    const { client } = await (await startHarness()).connect();
    expect(client.getServerVersion()).toMatchObject({
      name: 'claude-sessions-mcp',
      version: '1.2.3',
    });
    expect(client.getServerCapabilities()).toHaveProperty('tools');
    expect(client.getInstructions()).toMatch(/create_session.*read_events/s);
  });
});

describe('tools/call', () => {
  test('answers an unknown tool with a protocol error, whatever its name', async () => {
    const { client } = await (await startHarness()).connect();
    const long = 'x'.repeat(1024 * 1024);
    for (const name of ['nonsense', '', 'CREATE_SESSION', '__proto__', 'constructor', long]) {
      const error = await client.callTool({ name, arguments: {} }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: -32602 });
      expect(error.message.length).toBeLessThan(300);
    }
  });

  test('takes missing arguments for none', async () => {
    const { client } = await startWithClient();
    const { structuredContent } = await client.client.callTool({ name: 'list_sessions' });
    expect(structuredContent).toEqual({ sessions: [] });
  });

  test('answers a defect as INTERNAL without a word of it, and logs it with its stack', async () => {
    const secret = 'secret /home/somebody/token';
    let isBroken = true;
    const harness = await startHarness({
      mayLogErrors: true,
      store: (store) =>
        overriding(store, {
          sessions: async (query) => {
            if (isBroken) throw new Error(secret);
            return store.sessions(query);
          },
        }),
    });
    const client = await harness.connect();
    const result = await client.raw('list_sessions', {});
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result)).not.toMatch(/secret|home|\.ts|at /);
    expect(await client.refusal('list_sessions', {})).toEqual({
      code: 'INTERNAL',
      message: expect.stringContaining('log'),
      retryable: false,
    });
    const logged = harness.logged.find(({ msg }) => msg === 'tool failed');
    expect(logged).toMatchObject({ level: 50, tool: 'list_sessions', err: { message: secret } });
    expect(JSON.stringify(logged)).toContain('tools.test.ts');
    isBroken = false;
    await client.call('list_sessions');
  });

  test('a client that gives a wait up gets no answer to it, and the session is as before', async () => {
    const { client, sessionId, run } = await startBusy();
    const giveUp = new AbortController();
    const reading = client.call(
      'read_events',
      { sessionId, after: 3, waitMs: 50_000 },
      { signal: giveUp.signal },
    );
    await client.call('get_session', { sessionId });
    giveUp.abort();
    await expect(reading).rejects.toThrow();
    run.finish();
    const { sessions } = await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect(sessions[0]?.turns.completed).toBe(1);
  });
});
