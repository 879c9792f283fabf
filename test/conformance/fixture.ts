/**
 * What the official conformance suite expects a server to offer, on one server instance: test-only tools, prompts and
 * resources under the names the suite asks for. They stand behind the program's own wiring, so that what passes or
 * fails is the wiring and not what a product offers.
 */

import {
  createRequestStateCodec,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server';
import { serveFixturePrompts } from './fixture-prompts.ts';
import { serveFixtureResources } from './fixture-resources.ts';
import { FIXTURE_TOOLS } from './fixture-tools.ts';

const codec = createRequestStateCodec<string>({ key: 'a key that protects nothing but tests' });

export function createFixtureServer(): Server {
  const server = new Server(
    { name: 'conformance-fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: {},
        prompts: {},
        resources: { subscribe: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: codec.verify },
    },
  );
  server.setRequestHandler('tools/list', () => ({
    tools: [...FIXTURE_TOOLS].map(([name, { description, inputSchema }]) => ({
      name,
      description,
      inputSchema: { type: 'object' as const, ...inputSchema },
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = FIXTURE_TOOLS.get(params.name);
    if (tool === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'no such tool');
    return await tool.run({ args: params.arguments ?? {}, context, mint: codec.mint });
  });
  serveFixturePrompts(server);
  serveFixtureResources(server);
  return server;
}
