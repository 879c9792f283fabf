import {
  acceptedContent,
  type ContentBlock,
  type GetPromptResult,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
} from '@modelcontextprotocol/server';
import { PNG } from './fixture-content.ts';

const PROMPTS = [
  { name: 'test_simple_prompt', description: 'says one thing' },
  {
    name: 'test_prompt_with_arguments',
    description: 'repeats its arguments',
    arguments: [required('arg1'), required('arg2')],
  },
  {
    name: 'test_prompt_with_embedded_resource',
    description: 'embeds the resource that is named',
    arguments: [required('resourceUri')],
  },
  { name: 'test_prompt_with_image', description: 'shows an image' },
  { name: 'test_input_required_result_prompt', description: 'asks for its context first' },
];

export function serveFixturePrompts(server: Server): void {
  server.setRequestHandler('prompts/list', () => ({ prompts: PROMPTS }));
  server.setRequestHandler('prompts/get', ({ params }, context) => {
    if (params.name !== 'test_input_required_result_prompt') {
      return prompt(...contentOf(params.name, params.arguments ?? {}));
    }
    const answer = acceptedContent(context.mcpReq.inputResponses, 'user_context');
    return answer === undefined ? askForContext() : prompt(text(`Context: ${answer.context}`));
  });
  server.setRequestHandler('completion/complete', ({ params }) => {
    const values = ['paris', 'park', 'party'];
    const fitting = values.filter((value) => value.startsWith(params.argument.value));
    return { completion: { values: fitting, total: fitting.length, hasMore: false } };
  });
}

function askForContext() {
  return inputRequired({
    inputRequests: {
      user_context: inputRequired.elicit({
        message: 'What context should the prompt use?',
        requestedSchema: {
          type: 'object',
          properties: { context: { type: 'string' } },
          required: ['context'],
        },
      }),
    },
  });
}

function contentOf(name: string, args: Record<string, string>): ContentBlock[] {
  switch (name) {
    case 'test_simple_prompt':
      return [text('This is a simple prompt for testing.')];
    case 'test_prompt_with_arguments':
      return [text(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`)];
    case 'test_prompt_with_embedded_resource':
      return [
        embedded(args.resourceUri ?? ''),
        text('Please process the embedded resource above.'),
      ];
    case 'test_prompt_with_image':
      return [
        { type: 'image', data: PNG, mimeType: 'image/png' },
        text('Please analyze the image above.'),
      ];
    default:
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'no such prompt');
  }
}

function prompt(...contents: ContentBlock[]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}

function text(words: string): ContentBlock {
  return { type: 'text', text: words };
}

function embedded(uri: string): ContentBlock {
  const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
  return { type: 'resource', resource };
}

function required(name: string) {
  return { name, description: `the argument ${name}`, required: true };
}
