/**
 * The tools that the official conformance suite expects of a server, under the names it asks for. They are behind the
 * program's own wiring, so that what passes or fails is the wiring and not what a product offers.
 */

import {
  createRequestStateCodec,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server';
import { FIXTURE_TOOLS } from './fixture-tools.ts';

const codec = createRequestStateCodec<string>({ key: 'a key that protects nothing but tests' });

export function createFixtureServer(): Server {
  const server = new Server(
    { name: 'conformance-fixture', version: '1.0.0' },
    {
      capabilities: { tools: {}, logging: {} },
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
  return server;
}
