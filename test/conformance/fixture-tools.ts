/** The tools of all revisions; those that only the newest one has are in fixture-input.ts. */

import { setTimeout as sleep } from 'node:timers/promises';
import { MissingRequiredClientCapabilityError } from '@modelcontextprotocol/server';
import { PNG, WAV } from './fixture-content.ts';
import { ELICITATION_TOOLS } from './fixture-elicitation.ts';
import { INPUT_TOOLS } from './fixture-input.ts';
import { SCHEMA_2020_12 } from './fixture-schema.ts';
import { type FixtureCall, type FixtureTool, oneString, says } from './fixture-tool.ts';

/** Between two notifications of one call, so that they arrive one by one; the suite asks for it. */
const STEP_MS = 50;

const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const;
const audio = { type: 'audio', data: WAV, mimeType: 'audio/wav' } as const;
const embedded = {
  type: 'resource',
  resource: {
    uri: 'test://embedded-resource',
    mimeType: 'text/plain',
    text: 'This is an embedded resource content.',
  },
} as const;
const mixed = {
  type: 'resource',
  resource: {
    uri: 'test://mixed-content-resource',
    mimeType: 'application/json',
    text: '{"test":"data","value":123}',
  },
} as const;

const TOOLS: Record<string, FixtureTool> = {
  test_simple_text: {
    description: 'says one thing',
    run: () => says('This is a simple text response for testing.'),
  },
  test_image_content: { description: 'shows an image', run: () => says(image) },
  test_audio_content: { description: 'plays a sound', run: () => says(audio) },
  test_embedded_resource: { description: 'embeds a resource', run: () => says(embedded) },
  test_multiple_content_types: {
    description: 'says, shows and embeds',
    run: () => says('Multiple content types test:', image, mixed),
  },
  test_error_handling: {
    description: 'fails',
    run: () => ({
      ...says('This tool intentionally returns an error for testing'),
      isError: true,
    }),
  },
  test_tool_with_logging: { description: 'logs while it runs', run: logs },
  test_logging_tool: { description: 'logs while it runs', run: logs },
  test_tool_with_progress: { description: 'reports its progress', run: progresses },
  test_sampling: { description: 'asks the model', inputSchema: oneString('prompt'), run: samples },
  test_reconnection: { description: 'drops the stream of its call', run: reconnects },
  test_missing_capability: {
    description: 'needs sampling',
    run: () => {
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
    },
  },
  json_schema_2020_12_tool: {
    description: 'has a schema with many words',
    inputSchema: SCHEMA_2020_12,
    run: () => says('fine'),
  },
};

export const FIXTURE_TOOLS: ReadonlyMap<string, FixtureTool> = new Map(
  Object.entries({ ...TOOLS, ...ELICITATION_TOOLS, ...INPUT_TOOLS }),
);

async function logs({ context }: FixtureCall) {
  for (const words of [
    'Tool execution started',
    'Tool processing data',
    'Tool execution completed',
  ]) {
    await context.mcpReq.log('info', words);
    await sleep(STEP_MS);
  }
  return says('logged');
}

async function progresses({ context }: FixtureCall) {
  const progressToken = context.mcpReq._meta?.progressToken;
  for (const progress of [0, 50, 100]) {
    if (progressToken !== undefined) {
      const params = { progressToken, progress, total: 100 };
      await context.mcpReq.notify({ method: 'notifications/progress', params });
    }
    await sleep(STEP_MS);
  }
  return says('done');
}

async function samples({ args, context }: FixtureCall) {
  const { content } = await context.mcpReq.requestSampling({
    messages: [{ role: 'user', content: { type: 'text', text: String(args.prompt) } }],
    maxTokens: 100,
  });
  return says(`LLM response: ${JSON.stringify(content)}`);
}

async function reconnects({ context }: FixtureCall) {
  context.http?.closeSSE?.();
  // Answered only after the client has lost the stream.
  await sleep(2 * STEP_MS);
  return says('The client came back for this.');
}
