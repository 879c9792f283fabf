import { describe, expect, test } from 'vitest';
import { startBusy, startWithClient } from '../support/harness.ts';

const SCHEMA = {
  type: 'object',
  properties: { n: { type: 'number' } },
  required: ['n'],
  additionalProperties: false,
};
const OTHER = { type: 'object', properties: { s: { type: 'string' } } };

describe('outputSchema', () => {
  test.each([
    ['an object', SCHEMA],
    ['a JSON text', JSON.stringify(SCHEMA)],
    [
      'one that says of which draft it is',
      { $schema: 'https://json-schema.org/draft/2020-12/schema', ...SCHEMA },
    ],
  ])('reaches the process of the turn, given as %s', async (_way, outputSchema) => {
    const { harness, client } = await startWithClient();
    const { session } = await client.call('create_session', { prompt: 'x', outputSchema });
    expect((await harness.running(session.id)).spec.outputSchema).toEqual(SCHEMA);
    const { events } = await client.call('read_events', { sessionId: session.id });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'prompt_queued', hasOutputSchema: true }),
    );
  });

  test('has the process replaced if it is another one, and kept if it is the same', async () => {
    const { harness, client, sessionId, run: plain } = await startBusy();
    const send = (outputSchema?: unknown) =>
      client.call('send_prompt', { sessionId, prompt: 'x', outputSchema });
    await send(SCHEMA);
    await send({ ...SCHEMA, properties: { n: { type: 'number' } } });
    await send(OTHER);
    await send();
    plain.finish();
    const first = await harness.runner.waitFor(({ spec }) => spec.outputSchema !== undefined);
    expect(plain.isClosed).toBe(true);
    await harness.runner.waitFor((run) => run === first && run.prompts.length === 1);
    first.finish({ output: { n: 1 } });
    await harness.runner.waitFor((run) => run === first && run.prompts.length === 2);
    first.finish({ output: { n: 2 } });
    const other = await harness.runner.waitFor(
      ({ spec, turnId }) => 's' in Object(spec.outputSchema?.properties) && turnId !== undefined,
    );
    expect(first.isClosed).toBe(true);
    other.finish({ output: {} });
    const last = await harness.runner.waitFor(
      (run) => run !== plain && run.spec.outputSchema === undefined,
    );
    await harness.runner.waitFor((run) => run === last && run.turnId !== undefined);
    last.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect(harness.runner.runs).toHaveLength(4);
    expect((await client.shown(sessionId)).turns).toMatchObject({ completed: 5, failed: 0 });
  });

  test('gives the turn an output, in the reply that waits for it and in the log', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    const args = { sessionId, prompt: 'x', outputSchema: SCHEMA, waitMs: 50_000 };
    const sending = client.call('send_prompt', args);
    (await harness.running(sessionId)).finish({ output: { n: 7 }, result: 'done' });
    const { turn, after } = await sending;
    expect(turn).toMatchObject({ state: 'completed', output: { n: 7 }, result: 'done' });
    const { events } = await client.call('read_events', { sessionId, after: after - 1 });
    expect(events[0]).toMatchObject({ type: 'turn_ended', turn: { output: { n: 7 } } });
    expect((await client.call('get_session', { sessionId })).session.lastTurn).not.toHaveProperty(
      'output',
    );
  });

  test('a long output is shown as a whole or not at all, and says how to read it', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    const output = { words: 'a word '.repeat(20_000) };
    const sending = client.call('send_prompt', {
      sessionId,
      prompt: 'x',
      outputSchema: OTHER,
      waitMs: 50_000,
    });
    (await harness.running(sessionId)).finish({ output });
    const { turn } = await sending;
    expect(turn).not.toHaveProperty('output');
    expect(turn.outputOmitted).toContain('detail "full"');
    const ended = async (detail: string) => {
      const { events } = await client.call('read_events', { sessionId, detail });
      return events.find(({ type }) => type === 'turn_ended')?.turn;
    };
    expect(await ended('summary')).toMatchObject({ outputOmitted: turn.outputOmitted });
    expect(await ended('summary')).not.toHaveProperty('output');
    expect(await ended('full')).toMatchObject({ output });
  });

  test('that takes long is looked at between other work, also if there are many of them', async () => {
    const { client, sessionId } = await startBusy();
    const many = Array.from({ length: 1_500 }, (_, index) => ({ index }));
    const outputSchema = { type: 'object', properties: { a: { enum: many } } };
    let rounds = 0;
    const counting = setInterval(() => {
      rounds += 1;
    }, 1);
    const send = async () => {
      await client.call('send_prompt', { sessionId, prompt: 'x', outputSchema });
      return rounds;
    };
    const seen = await Promise.all([send(), send(), send(), send()]);
    clearInterval(counting);
    // Whatever is due runs between any two of them.
    expect(new Set(seen).size).toBe(4);
  });

  test('waits with its prompt through a restart', async () => {
    const { harness, client } = await startWithClient();
    const release = harness.runner.holdStarts();
    const { session } = await client.call('create_session', { prompt: 'x', outputSchema: SCHEMA });
    await expect.poll(() => harness.runner.specs.length).toBe(1);
    await harness.close();
    release();
    await harness.reopen();
    expect((await harness.running(session.id)).spec.outputSchema).toEqual(SCHEMA);
  });

  test.each<[unknown, string]>([
    ['no JSON', 'outputSchema'],
    [[SCHEMA], 'outputSchema'],
    [true, 'outputSchema'],
    [{}, '/type must be "object"'],
    [{ ...SCHEMA, properties: { n: { type: 'numbr' } } }, '/properties/n/type'],
    [
      { ...SCHEMA, properties: { n: { $ref: 'https://example.com/n.json' } } },
      '/properties/n/$ref',
    ],
    [{ ...SCHEMA, description: 'x'.repeat(65_536) }, 'at most 65536 bytes'],
  ])('%# is refused, and nothing is made', async (outputSchema, problem) => {
    const { harness, client } = await startWithClient();
    const failure = await client.refusal('create_session', { prompt: 'x', outputSchema });
    expect(failure).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(problem),
    });
    expect((await client.call('list_sessions')).sessions).toEqual([]);
    expect(harness.runner.specs).toEqual([]);
  });

  test('is refused without a prompt, with one that steers and with a command', async () => {
    const { client, sessionId } = await startBusy();
    const outputSchema = SCHEMA;
    expect((await client.refusal('create_session', { outputSchema })).message).toContain(
      'can only be given with a prompt',
    );
    const send = async (more: object) =>
      (await client.refusal('send_prompt', { sessionId, prompt: 'x', outputSchema, ...more }))
        .message;
    expect(await send({ mode: 'steer' })).toContain('mode steer');
    expect(await send({ prompt: '/compact' })).toContain('/compact');
    expect((await client.shown(sessionId)).turns.queued).toBe(0);
  });
});
