/** Tools that ask the user in the 2025 way: a request of the server's own, while the call is under way. */

import type { ElicitRequestFormParams } from '@modelcontextprotocol/server';
import { type FixtureCall, type FixtureTool, oneString, says } from './fixture-tool.ts';

type Schema = ElicitRequestFormParams['requestedSchema'];

const OPTIONS = ['option1', 'option2', 'option3'];
const TITLED = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
  { const: 'value3', title: 'Third' },
];

const USER: Schema = {
  type: 'object',
  properties: { username: { type: 'string' }, email: { type: 'string' } },
  required: ['username', 'email'],
};

const DEFAULTS: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

const ENUMS: Schema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: TITLED },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', items: { anyOf: TITLED } },
  },
};

export const ELICITATION_TOOLS: Record<string, FixtureTool> = {
  test_elicitation: {
    description: 'asks the user',
    inputSchema: oneString('message'),
    run: (call) => elicit(call, String(call.args.message), USER),
  },
  test_elicitation_sep1034_defaults: {
    description: 'asks the user, with defaults',
    run: (call) => elicit(call, 'Is that right?', DEFAULTS),
  },
  test_elicitation_sep1330_enums: {
    description: 'asks the user to choose',
    run: (call) => elicit(call, 'Which ones?', ENUMS),
  },
};

async function elicit({ context }: FixtureCall, message: string, requestedSchema: Schema) {
  const { action, content } = await context.mcpReq.elicitInput({ message, requestedSchema });
  return says(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
}
