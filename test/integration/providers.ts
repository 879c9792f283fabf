/** The MCP clients of four agent libraries: what each makes of our tools for its model, and what a call of that model does. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMCPClient } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { GoogleGenAI, mcpToTool } from '@google/genai';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Agent, MCPServerStdio, Runner } from '@openai/agents-core';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents-core/testing';
import { commandOf, type Place } from '../support/client/place.ts';

export type Schema = Readonly<Record<string, unknown>>;
export type Call = { readonly tool: string; readonly args: Record<string, unknown> };

export type Conversation = {
  /** By tool, what the model is told of its arguments. */
  readonly schemas: ReadonlyMap<string, Schema>;
  /** What the model is sent besides, for tools as a whole. */
  readonly sent: readonly object[];
  /** What the model was answered, call by call. */
  readonly replies: readonly unknown[];
};

/** Lets a scripted model make the calls through the library. */
export type Provider = (place: Place, calls: readonly Call[]) => Promise<Conversation>;

const serverIn = ({ env }: Place) => ({ ...commandOf(), env: { ...env } });

export const openAi: Provider = async (place, calls) => {
  const server = new MCPServerStdio({ name: 'claude-sessions', ...serverIn(place) });
  place.defer(() => server.close());
  await server.connect();
  const steps = calls.map(({ tool, args }, at) => [
    functionCall(tool, args, { callId: `call_${at}` }),
  ]);
  const model = new ScriptedModel([...steps, [assistantMessage('done')]]);
  const mcpConfig = { convertSchemasToStrict: true };
  const agent = new Agent({ name: 'test', model, mcpServers: [server], mcpConfig });
  const { newItems } = await new Runner({ tracingDisabled: true }).run(agent, 'go');
  const sent = (model.calls[0]?.request.tools ?? []).filter((tool) => tool.type === 'function');
  return {
    schemas: new Map(sent.map((tool) => [tool.name, tool.parameters as Schema])),
    sent,
    replies: newItems
      .filter((item) => item.type === 'tool_call_output_item')
      .map(({ output }) => parsed((output as { text: string }).text)),
  };
};

/** Over a stand-in for the API, which is sent what the real one would be. */
export const gemini: Provider = async (place, calls) => {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StdioClientTransport(serverIn(place)));
  place.defer(() => client.close());
  const turns = calls.map(({ tool, args }) => ({ functionCall: { name: tool, args } }));
  const api = await geminiApi(place, [...turns, { text: 'done' }]);
  const ai = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: api.url } });
  const config = {
    tools: [mcpToTool(client)],
    automaticFunctionCalling: { maximumRemoteCalls: turns.length + 1 },
  };
  await ai.models.generateContent({ model: 'gemini-test', contents: 'go', config });
  const declared = api.bodies[0]?.tools.flatMap((tool) => tool.functionDeclarations) ?? [];
  const parts = api.bodies.at(-1)?.contents.flatMap((content) => content.parts) ?? [];
  return {
    schemas: new Map(declared.map((tool) => [tool.name, tool.parametersJsonSchema])),
    sent: declared,
    replies: parts.flatMap(({ functionResponse }) => functionResponse?.response ?? []).map(textOf),
  };
};

export const langChain: Provider = async (place, calls) => {
  const server = { transport: 'stdio' as const, ...serverIn(place) };
  const client = new MultiServerMCPClient({ mcpServers: { sessions: server } });
  place.defer(() => client.close());
  const tools = await client.getTools();
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const replies: unknown[] = [];
  for (const { tool, args } of calls) {
    const reply: { text: string } = await byName.get(tool)?.invoke(args);
    replies.push(parsed(reply.text));
  }
  const schemas = tools.map((tool): [string, Schema] => [tool.name, tool.schema as Schema]);
  return { schemas: new Map(schemas), sent: [], replies };
};

export const aiSdk: Provider = async (place, calls) => {
  const client = await createMCPClient({ transport: new StdioMCPTransport(serverIn(place)) });
  place.defer(() => client.close());
  const tools = await client.tools();
  const replies: unknown[] = [];
  for (const [at, { tool, args }] of calls.entries()) {
    const options = { toolCallId: `call_${at}`, messages: [], context: {} };
    replies.push(textOf((await tools[tool]?.execute(args, options)) as ToolText));
  }
  const schemas = Object.entries(tools).map(([name, { inputSchema }]): [string, Schema] => [
    name,
    'jsonSchema' in inputSchema ? (inputSchema.jsonSchema as Schema) : {},
  ]);
  return { schemas: new Map(schemas), sent: [], replies };
};

type GeminiTool = { name: string; parametersJsonSchema: Schema };
type GeminiPart = { functionResponse?: { response: ToolText } };
type GeminiBody = {
  readonly tools: { functionDeclarations: GeminiTool[] }[];
  readonly contents: { parts: GeminiPart[] }[];
};

async function geminiApi(place: Place, parts: readonly object[]) {
  const bodies: GeminiBody[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const part = parts[bodies.push(JSON.parse(Buffer.concat(chunks).toString())) - 1];
    const content = { role: 'model', parts: [part] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ candidates: [{ content, finishReason: 'STOP' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place.defer(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

type ToolText = { content: { text: string }[] };

function textOf({ content }: ToolText): unknown {
  return parsed(content.map(({ text }) => text).join(''));
}

/** The library's own words if a call failed in it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
