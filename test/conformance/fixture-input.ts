/** Tools that ask in the way of 2026-07-28: the answer says what is missing, and the client calls again with it. */

import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequests,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server';
import { type FixtureCall, type FixtureTool, oneString, says } from './fixture-tool.ts';

const askName = inputRequired.elicit({
  message: 'What is your name?',
  requestedSchema: oneString('name'),
});
const askColor = inputRequired.elicit({
  message: 'Step 2: What is your favorite color?',
  requestedSchema: oneString('color'),
});
const confirm = inputRequired.elicit({
  message: 'Please confirm',
  requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
});
const askModel = (words: string) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: words } }],
    maxTokens: 100,
  });

export const INPUT_TOOLS: Record<string, FixtureTool> = {
  test_input_required_result_elicitation: tool((call) => {
    const name = answered(call, 'user_name')?.name;
    if (typeof name !== 'string') return inputRequired({ inputRequests: { user_name: askName } });
    return says(`Hello, ${name}!`);
  }),
  test_streaming_elicitation: tool(({ context }) => {
    const given = context.mcpReq.inputResponses !== undefined;
    return given ? says('done') : inputRequired({ inputRequests: { user_name: askName } });
  }),
  test_input_required_result_sampling: tool(({ context }) => {
    const answer = inputResponse(context.mcpReq.inputResponses, 'capital_question');
    if (answer.kind === 'sampling') return says(JSON.stringify(answer.result.content));
    const capital_question = askModel('What is the capital of France?');
    return inputRequired({ inputRequests: { capital_question } });
  }),
  test_input_required_result_list_roots: tool(({ context }) => {
    const answer = inputResponse(context.mcpReq.inputResponses, 'client_roots');
    if (answer.kind === 'roots') return says(JSON.stringify(answer.roots));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  }),
  test_input_required_result_request_state: tool((call) => withState(call, 'state-ok')),
  test_input_required_result_tampered_state: tool((call) => withState(call, 'untouched')),
  test_input_required_result_multiple_inputs: tool(asksForMuch),
  test_input_required_result_multi_round: tool(asksTwice),
  test_input_required_result_capabilities: tool(({ context }) => {
    // What the client cannot do, it is not asked for.
    const envelope = (context.mcpReq.envelope ?? {}) as Record<string, unknown>;
    const able = envelope[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
    const inputRequests: InputRequests = {
      ...(able?.sampling !== undefined && { greeting: askModel('Generate a greeting') }),
      ...(able?.elicitation !== undefined && { user_name: askName }),
    };
    return inputRequired({ inputRequests });
  }),
};

function tool(run: FixtureTool['run']): FixtureTool {
  return { description: 'asks before it answers', run };
}

function answered({ context }: FixtureCall, key: string): Record<string, unknown> | undefined {
  return acceptedContent(context.mcpReq.inputResponses, key);
}

async function withState(call: FixtureCall, words: string) {
  if (call.context.mcpReq.requestState() === words) return says(words);
  return inputRequired({ inputRequests: { confirm }, requestState: await call.mint(words) });
}

async function asksForMuch({ context, mint }: FixtureCall) {
  if (context.mcpReq.requestState() === 'asked') {
    return says(Object.keys(context.mcpReq.inputResponses ?? {}).join(', '));
  }
  return inputRequired({
    inputRequests: {
      user_name: askName,
      greeting: askModel('Generate a greeting'),
      client_roots: inputRequired.listRoots(),
    },
    requestState: await mint('asked'),
  });
}

async function asksTwice({ context, mint }: FixtureCall) {
  const state = context.mcpReq.requestState();
  if (state === 'second') return says('Thank you.');
  if (state === 'first') {
    return inputRequired({
      inputRequests: { step2: askColor },
      requestState: await mint('second'),
    });
  }
  return inputRequired({ inputRequests: { step1: askName }, requestState: await mint('first') });
}
