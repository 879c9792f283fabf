import { describe, expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import { makePlace } from '../support/program.ts';
import {
  aiSdk,
  type Call,
  type Conversation,
  gemini,
  langChain,
  openAi,
  type Provider,
  type Schema,
} from './providers.ts';

const NAMES = TOOLS.map(({ name }) => name);

/** A call as OpenAI's strict mode makes it: nothing may be left out, so that what is not meant is null. */
function strictCall(tool: string, args: Record<string, unknown>): Call {
  const shape = TOOLS.find(({ name }) => name === tool)?.input.shape ?? {};
  const nothing = Object.fromEntries(Object.keys(shape).map((name) => [name, null]));
  return { tool, args: { ...nothing, ...args } };
}

const looseCall = (tool: string, args: Record<string, unknown>): Call => ({ tool, args });

/** Creates a session and finds it again, with arguments in the words of the schema. */
async function converse(provider: Provider, callOf = looseCall): Promise<Conversation> {
  const place = await makePlace();
  const args = { workingDirectory: place.directory, name: 'one', labels: ['team=core', 'empty='] };
  const calls = [callOf('create_session', args), callOf('list_sessions', { label: 'team=core' })];
  const conversation = await provider(place, calls);
  const [created, found] = conversation.replies;
  const session = { status: 'ready', name: 'one', labels: { team: 'core', empty: '' } };
  expect(created).toMatchObject({ session });
  expect(found).toEqual({ sessions: [(created as { session: object }).session] });
  return conversation;
}

/** A schema and all schemas in it. */
function* within(schema: Schema): Generator<Schema> {
  yield schema;
  const { properties = {}, items = [], anyOf = [] } = schema;
  for (const inner of [Object.values(properties as object), items, anyOf].flat()) {
    yield* within(inner as Schema);
  }
}

function wordsOf(schemas: Iterable<Schema>): Set<string> {
  return new Set([...schemas].flatMap((schema) => [...within(schema)]).flatMap(Object.keys));
}

describe('the tools for a model of', { timeout: 60_000 }, () => {
  test('OpenAI are all strict, by its Agents SDK, and can be called', async () => {
    const { schemas, sent } = await converse(openAi, strictCall);
    expect([...schemas.keys()]).toEqual(NAMES);
    expect(sent.filter((tool) => !('strict' in tool && tool.strict))).toEqual([]);
    for (const schema of [...schemas.values()].flatMap((schema) => [...within(schema)])) {
      expect('type' in schema || 'anyOf' in schema).toBe(true);
      if (schema.type !== 'object') continue;
      const names = Object.keys(schema.properties ?? {});
      expect(schema).toMatchObject({ additionalProperties: false, required: names });
    }
    // OpenAI refuses "default", "minLength" and "maxLength" in some of its models.
    const words = wordsOf(schemas.values());
    expect([...words].filter((word) => !OPENAI_WORDS.includes(word))).toEqual([]);
  });

  test('Google use only what Gemini reads, and can be called', async () => {
    const { schemas, sent } = await converse(gemini);
    expect([...schemas.keys()]).toEqual(NAMES);
    const replies = sent.map((tool) => (tool as { responseJsonSchema: Schema }).responseJsonSchema);
    const words = wordsOf([...schemas.values(), ...replies]);
    expect([...words].filter((word) => !GEMINI_WORDS.includes(word))).toEqual([]);
  });

  test('any provider may be called with null for all that is left out', async () => {
    // Unlike OpenAI's SDK, Google's sends it on as it came.
    await converse(gemini, strictCall);
  });

  test.each([
    ['LangChain', langChain],
    ['the AI SDK', aiSdk],
  ] as const)('%s are all there, and can be called', async (_library, provider) => {
    const { schemas } = await converse(provider);
    expect([...schemas.keys()]).toEqual(NAMES);
    for (const schema of schemas.values()) expect(schema).toMatchObject({ type: 'object' });
  });

  test('Anthropic have names and arguments as its API demands', async () => {
    const { schemas } = await converse(aiSdk);
    for (const [name, { type, properties }] of schemas) {
      expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(type).toBe('object');
      for (const argument of Object.keys(properties as object)) {
        expect(argument).toMatch(/^[a-zA-Z0-9_.-]{1,64}$/);
      }
    }
  });
});

const COMMON_WORDS = ['type', 'properties', 'required', 'additionalProperties', 'description'];
const BOUNDS = ['items', 'enum', 'anyOf', 'minimum', 'maximum', 'minItems', 'maxItems'];
const OPENAI_WORDS = [...COMMON_WORDS, ...BOUNDS];
/** As listed by Google for `responseJsonSchema`, but for references. */
const GEMINI_WORDS = [...OPENAI_WORDS, 'title', 'format', 'prefixItems', 'oneOf'];
